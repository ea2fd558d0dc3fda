"""An attribute that a module, a tensor or one of torch's namespaces doesn't have."""

import ast
import re
import types
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.attributes import (
    assignments,
    condition_around,
    is_assigned_wrongly,
    local_in_init,
    meant,
    names_of,
)
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.definitions import classes_of, nearest
from torchwise.doctor.objects.handed import OF_TENSORS
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

MISSING = re.compile(r"has no attribute '(?P<name>\w+)'")
INIT = "__init__"
HABITS: dict[str, Words] = {  # what other libraries call it, and how it is done here
    "fit": note("a loop over the loader with optimizer.step()"), "predict": "model(x)", "summary": "print(model)",
    "save": 'torch.save(model.state_dict(), "model.pt")', "weights": "model.parameters()",
    "get_weights": "model.state_dict()", "save_weights": 'torch.save(model.state_dict(), "model.pt")',
    "load": 'model.load_state_dict(torch.load("model.pt"))', "load_weights": "model.load_state_dict(...)",
    "evaluate": note("model.eval() and a loop over the loader"), "device": "next(model.parameters()).device",
}  # fmt: skip
OF_ARRAYS = {
    "astype": "x.to(torch.float32)", "copy": "x.clone()", "len": "len(x)", "length": "len(x)", "append": "torch.cat([x, y])",
    "asnumpy": "x.numpy()", "to_numpy": "x.numpy()", "values": "x", "toarray": "x.to_dense()",
    "fillna": "torch.nan_to_num(x)", "to_tensor": "x", "count": "x.numel()",
}  # fmt: skip


def attribute_is_missing(case: Case) -> Iterator[Finding]:
    """TW011: a module, tensor or namespace is asked for a name it hasn't."""
    if not isinstance(case.error, AttributeError) or case.frame is None:
        return
    match = MISSING.search(case.text)
    if match is None:
        return
    name, owner = match["name"], _owner(case)
    if isinstance(owner, nn.Module) and "_modules" in vars(owner):
        if type(owner).__module__.startswith("torch.nn.") and name in OF_TENSORS:  # a layer where a tensor is needed
            return
        yield from _of_module(case, owner, name)
    elif isinstance(owner, Tensor) and type(owner).__module__.startswith("torch"):
        yield from _of_tensor(case, owner, name)
    elif isinstance(owner, types.ModuleType) and owner.__name__.split(".")[0] in ("torch", "torchvision", "torchaudio"):
        yield from _of_namespace(case, owner, name)


def _owner(case: Case) -> Any:
    """The object that was asked: torch's `__getattr__` has it as `self`, else the error."""
    last = case.frames[-1]
    if last.function == "__getattr__" and isinstance(last.locals.get("self"), nn.Module):
        if len(case.inner) > 1:  # torch's own code asked
            return None
        return last.locals["self"]
    return None if case.inner else getattr(case.error, "obj", None)


def use_of(case: Case, name: str) -> Spot | None:
    """The attribute in the user's line."""
    frame = case.frame
    if frame is None or frame.node is None:
        return None
    found = [n for n in ast.walk(frame.node) if isinstance(n, ast.Attribute) and n.attr == name]
    return case.spot(found[0]) if found else None


def _of_module(case: Case, module: nn.Module, name: str) -> Iterator[Finding]:
    kind = type(module).__name__
    what = note("{kind} has no attribute {name}", kind=kind, name=name)
    use = use_of(case, name)
    for part in (_init_misspelt, _before_it_is_assigned, _local, _wrapped, _not_assigned_yet):
        found = part(case, module, name, what)
        if found is not None:
            yield found
            return
    near = meant(case.flow, module, name)
    if near is not None:
        yield _near(case, module, name, near, use)
        return
    if name in HABITS:
        why = note("nn.Module has no method {name}", name=name)
        yield case.finding("TW011", what, why=why, fix=HABITS[name], mend=use)
        return
    known = ", ".join(sorted(names_of(module))[:8])
    why = note("it has {names}", names=known) if known else note("nothing is assigned in it")
    fix = note("self.{name} = ... in __init__ of {kind}", name=name, kind=kind)
    init = next(((s, m) for s, o in classes_of(module) for m in o.body
                 if isinstance(m, ast.FunctionDef) and m.name == INIT), None)  # fmt: skip
    is_own = use is not None and isinstance(use.node, ast.Attribute) and ast.unparse(use.node.value) == "self"
    mend: Mend | Spot | None = Mend(file=init[0].file, line=init[1].lineno) if init is not None and is_own else use
    yield case.finding("TW011", what, why=why, fix=fix if is_own else "", mend=mend, sure=False)


def _init_misspelt(case: Case, module: nn.Module, name: str, what: Words) -> Finding | None:
    """`def __int__`: then nothing of it has run."""
    for source, owner in classes_of(module):
        methods = {item.name: item for item in owner.body if isinstance(item, ast.FunctionDef)}
        near = nearest(INIT, [m for m in methods if m.startswith("_") or m == "init"], 0.8)
        if INIT in methods or near is None:
            continue
        method = methods[near]
        why = note("the method at line {line} is called {near}, so it is never run", line=method.lineno, near=near)
        mend = Mend(file=source.file, line=method.lineno, old=f"def {near}(", new=f"def {INIT}(")
        return case.finding("TW011", what, why=why, fix=f"def {INIT}({ast.unparse(method.args)}):", mend=mend)
    return None


def _before_it_is_assigned(case: Case, module: nn.Module, name: str, what: Words) -> Finding | None:
    """`__init__` is still under way and assigns it further down."""
    frame = _init_frame(case, module)
    later = [item for item in assignments(module, name) if frame is not None and item.method is frame.scope]
    later = [item for item in later if frame is not None and item.line > frame.line]
    if frame is None or frame.source is None or not later:
        return None
    code = frame.source.text(frame.source.statement_of(frame.node)) if frame.node is not None else ""
    why = note("__init__ runs from top to bottom: line {line} needs {name}, which line {later} assigns",
               line=frame.line, name=name, later=later[0].line)  # fmt: skip
    fix = note("{code} below line {later}", code=" ".join(code.split()), later=later[0].line)
    return case.finding("TW011", what, why=why, fix=fix, mend=Mend(file=frame.file, line=frame.line))


def _init_frame(case: Case, module: nn.Module) -> Frame | None:
    return next((f for f in case.user if f.function == INIT and f.locals.get("self") is module), None)


def _local(case: Case, module: nn.Module, name: str, what: Words) -> Finding | None:
    """`name = nn.Linear(...)` in `__init__`, without `self.`."""
    found = local_in_init(module, name)
    if found is None or assignments(module, name):
        return None
    old = found.source.text(found.node)
    why = note(
        "line {line} of __init__ assigns a local variable, which is gone when __init__ has ended", line=found.line
    )
    mend = Mend(file=found.file, line=found.line, old=name, new=f"self.{name}")
    return case.finding("TW011", what, why=why, fix=f"self.{' '.join(old.split())}", mend=mend)


def _wrapped(case: Case, module: nn.Module, name: str, what: Words) -> Finding | None:
    """Behind DataParallel the model's own attributes are at `.module`."""
    inner = module._modules.get("module")
    use = use_of(case, name)
    if not isinstance(inner, nn.Module) or name not in names_of(inner) | set(dir(type(inner))) or use is None:
        return None
    assert isinstance(use.node, ast.Attribute), "found as such"
    base = use.source.text(use.node.value)
    change = replaced(use, use.node, f"{base}.module.{name}")
    why = note("{kind} wraps the model, whose attributes are at .module", kind=type(module).__name__)
    return case.finding("TW011", what, why=why, fix=change.text, mend=change.mend)


def _not_assigned_yet(case: Case, module: nn.Module, name: str, what: Words) -> Finding | None:
    """It is assigned in a branch that was not taken, or in a method that was not called."""
    found = assignments(module, name)
    if not found:
        return None
    first = found[0]
    condition = condition_around(first)
    if first.method.name == INIT and condition is not None:
        test = first.source.text(condition.test)
        why = note("line {line} assigns it only if {test}", line=first.line, test=test)
        fix = note("else: self.{name} = nn.Identity()", name=name)
        return case.finding("TW011", what, why=why, fix=fix, mend=first.spot)
    if first.method.name != INIT:
        why = note("only {method} assigns it, at line {line}, and that was not called before",
                   method=first.method.name, line=first.line)  # fmt: skip
        fix = note("call {method} first", method=f"self.{first.method.name}()")
        return case.finding("TW011", what, why=why, fix=fix, mend=use_of(case, name), sure=False)
    return None


def _near(case: Case, module: nn.Module, name: str, near: str, use: Spot | None) -> Finding:
    """Another spelling of a name that it has."""
    kind = type(module).__name__
    where = assignments(module, near)
    what = note("{kind} has no attribute {name}, but {near}", kind=kind, name=name, near=near)
    if where and is_assigned_wrongly(case.flow, module, name, near):
        first = where[-1] if len(where) > 1 and condition_around(where[0]) is None else where[0]
        why = note("line {line} assigns self.{near}, and self.{name} is read", line=first.line, near=near, name=name)
        old = f"self.{near}"
        text = " ".join(first.source.text(first.statement).split()).replace(old, f"self.{name}", 1)
        mend = Mend(file=first.source.file, line=first.line, old=old, new=f"self.{name}")
        return case.finding("TW011", what, why=why, fix=text, mend=mend)
    lines = (
        note("line {line} assigns self.{near}", line=where[0].line, near=near) if where else note("did you mean it?")
    )
    change = at_line(use, near) if use is not None else None
    if use is not None and isinstance(use.node, ast.Attribute):
        change = replaced(use, use.node, f"{use.source.text(use.node.value)}.{near}", least=use.node)
    return case.finding(
        "TW011", what, why=lines, fix=change.text if change else near, mend=change.mend if change else None
    )


def _of_tensor(case: Case, tensor: Tensor, name: str) -> Iterator[Finding]:
    what = note("a tensor has no attribute {name}", name=name)
    use = use_of(case, name)
    near = nearest(name, [item for item in dir(Tensor) if not item.startswith("_")], 0.75)
    if name in OF_ARRAYS:
        yield case.finding(
            "TW011", what, why=note("that is how NumPy and others call it"), fix=OF_ARRAYS[name], mend=use
        )
    elif near is not None and use is not None and isinstance(use.node, ast.Attribute):
        change = replaced(use, use.node, f"{use.source.text(use.node.value)}.{near}", least=use.node)
        yield case.finding("TW011", what, why=note("there is {near}", near=near), fix=change.text, mend=change.mend)
    elif hasattr(nn.Module, name):
        why = note("{name} is a method of a module; here it is asked of a tensor", name=name)
        yield case.finding("TW011", what, why=why, mend=use, sure=False)


def _of_namespace(case: Case, namespace: types.ModuleType, name: str) -> Iterator[Finding]:
    where = namespace.__name__
    near = nearest(name, [item for item in dir(namespace) if not item.startswith("_")], 0.7)
    use = use_of(case, name)
    what = note("{where} has no {name}", where=where, name=name)
    if near is None or use is None or not isinstance(use.node, ast.Attribute):
        return
    change = replaced(use, use.node, f"{use.source.text(use.node.value)}.{near}", least=use.node)
    yield case.finding("TW011", what, why=note("there is {near}", near=near), fix=change.text, mend=change.mend)


RULES = (attribute_is_missing,)
