"""Something is called that can't be: a tuple by a comma, a plain list of layers, a shape, a name that was overwritten."""

import ast
import builtins
import re
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.bindings import Binding, attribute_bindings, bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.objects.changes import at_line, is_bare_tuple, name_of_file, without_comma
from torchwise.doctor.objects.containers import Plain, holds_modules, registered
from torchwise.doctor.objects.handed import UNKNOWN, is_torch, operands
from torchwise.doctor.rules.building import is_made_by_torch
from torchwise.doctor.source import Scope
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

NOT_CALLABLE = re.compile(r"^'(?P<kind>[\w.]+)' object is not callable")
VALUES = {
    "shape",
    "T",
    "mT",
    "grad",
    "device",
    "dtype",
    "data",
    "ndim",
    "is_cuda",
    "requires_grad",
    "is_leaf",
    "grad_fn",
}
ADVICE = {"tqdm": "from tqdm import tqdm", "glob": "from glob import glob", "copy": "from copy import copy", "time": "time.time()",
          "random": "random.random()", "datetime": "from datetime import datetime", "pprint": "from pprint import pprint"}  # fmt: skip


def uncallable_is_called(case: Case) -> Iterator[Finding]:
    """TW002, TW003, TW014: a tuple, a list of layers, or a value is called."""
    match = NOT_CALLABLE.search(case.text) if isinstance(case.error, TypeError) else None
    if match is None or case.frame is None:
        return
    if case.inner or match["kind"] == "NoneType":
        return
    node = case.frame.node
    if not isinstance(node, ast.Call):
        return
    callee = case.spot(node.func)
    value = case.value(node.func)
    value = case.flow.held(callee) if value is None else value
    made = case.flow.born(callee)
    text = " ".join(callee.text.split())
    if is_bare_tuple(made) and isinstance(made.node, ast.Tuple):
        change = without_comma(made, made.node)
        code = made.source.text(made.node.elts[0])
        what = note("{callee} is a tuple: a comma stands behind {code}", callee=_bare(text), code=_brief(code))
        why = note("in Python a = b, makes a tuple of one element; it is no layer and can't be called")
        yield case.finding("TW002", what, why=why, fix=change.text, mend=change.mend)
    elif holds_modules(value):
        yield from _list_of_layers(case, callee, made, value, text)
    else:
        yield from _value_called(case, callee, made, value, match["kind"])


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 50 else code[:47] + "..."


def _bare(text: str) -> str:
    """An attribute of the object itself by its name alone."""
    return text.removeprefix("self.")


def _list_of_layers(case: Case, callee: Spot, made: Spot, value: Any, text: str) -> Iterator[Finding]:
    """`self.layers(x)` of a plain list."""
    kind = type(value).__name__
    what = note("{callee} is a plain {kind} of {count} layers, and a {kind} can't be called",
                callee=_bare(text), kind=kind, count=len(value))  # fmt: skip
    form = "nn.ModuleDict" if isinstance(value, dict) else "nn.Sequential"
    why = note("nn.Module doesn't see layers in a {kind} either: they are missing from parameters() and .to(device); "
               "{form} is a module of modules", kind=kind, form=form)  # fmt: skip
    owner = callee.receiver
    name = callee.node.attr if isinstance(callee.node, ast.Attribute) else ""
    if isinstance(owner, nn.Module) and vars(owner).get(name) is value:
        change = registered(Plain(owner, name, value), case.flow, called=not isinstance(value, dict))
        if change is not None:
            yield case.finding("TW003", what, why=why, fix=change.text, mend=change.mend)
            return
    place = _assigned_last(case, callee) or made
    fix = f"nn.Sequential(*{place.text})" if len(place.text) < 50 else "nn.Sequential(*...)"
    yield case.finding("TW003", what, why=why, fix=fix, mend=place)


def _assigned_last(case: Case, callee: Spot) -> Spot | None:
    """What was assigned to the name that is used here: `model = layers`."""
    before = case.flow.before(callee)
    if before is None:
        return None
    parent = before.source.parents.get(before.node)
    return before if isinstance(parent, ast.Assign) and parent.value is before.node else None


def layers_are_asked_for(case: Case) -> Iterator[Finding]:
    """TW003: `.parameters()`, `.to(device)` of a plain list of layers."""
    owner = getattr(case.error, "obj", None) if isinstance(case.error, AttributeError) and not case.inner else None
    match = re.search(r"no attribute '(\w+)'", case.text)
    node = case.frame.node if case.frame is not None else None
    if match is None or node is None or not holds_modules(owner) or (isinstance(owner, tuple) and len(owner) == 1):
        return
    use = next((n for n in ast.walk(node) if isinstance(n, ast.Attribute) and n.attr == match[1]), None)
    if use is None or not hasattr(nn.Module, match[1]):
        return
    base = case.spot(use.value)
    kind, form = type(owner).__name__, "nn.ModuleDict" if isinstance(owner, dict) else "nn.ModuleList"
    name, word = " ".join(base.text.split()), match[1]
    what = note(
        "{name} is a plain {kind} of layers, which has no .{attribute}", name=_bare(name), kind=kind, attribute=word
    )
    why = note("only a module has .{attribute}; {form} makes one of a {kind}", attribute=word, form=form, kind=kind)
    receiver = base.receiver
    if isinstance(receiver, nn.Module) and isinstance(base.node, ast.Attribute):
        change = registered(Plain(receiver, base.node.attr, owner), case.flow)
        if change is not None:
            yield case.finding("TW003", what, why=why, fix=change.text, mend=change.mend)
            return
    place = _assigned_last(case, base) or case.flow.born(base)
    change = replaced(place, place.node, f"{form}({place.text})", least=place.source.parents.get(place.node))
    yield case.finding("TW003", what, why=why, fix=change.text, mend=change.mend)


def _value_called(case: Case, callee: Spot, made: Spot, value: Any, kind: str) -> Iterator[Finding]:
    """x.shape(), x(0), a name whose function was overwritten by a value."""
    node, text = callee.node, " ".join(callee.text.split())
    if not is_about_torch(case, value, kind):
        return
    what = note("{callee} is a {kind}, which can't be called", callee=_bare(text), kind=kind)
    if isinstance(value, types.ModuleType) or kind == "module":
        yield _namespace(case, callee, value, what)
        return
    if isinstance(node, ast.Attribute) and node.attr in VALUES:
        call = callee.source.parents[node]
        change = replaced(callee, call, _indexed(callee, call))
        why = note("{name} is an attribute of a tensor, not a method", name=node.attr)
        yield case.finding("TW014", what, why=why, fix=change.text, mend=change.mend)
        return
    overwritten = _overwritten(case, callee)
    if overwritten is not None:
        yield _name_reused(case, callee, overwritten, kind)
        return
    if isinstance(node, ast.Call) and isinstance(value, Tensor | types.NoneType):
        why = note("{code} gives a {kind} already", code=text, kind=kind)
        yield case.finding("TW014", what, why=why, fix=text)
        return
    if isinstance(value, Tensor | list | tuple | dict) or kind in ("Tensor", "list", "tuple", "dict", "Parameter"):
        call = callee.source.parents[node]
        change = replaced(callee, call, _indexed(callee, call, always=True))
        yield case.finding(
            "TW014", what, why=note("it is indexed, with square brackets"), fix=change.text, mend=change.mend
        )
        return
    yield case.finding(
        "TW014", what, why=note("it was made at {place}", place=name_of_file(made)), mend=made, sure=False
    )


def _indexed(callee: Spot, call: ast.AST, *, always: bool = False) -> str:
    """The call without its brackets; what stood in them as an index."""
    arguments = [callee.source.text(item) for item in call.args] if isinstance(call, ast.Call) else []
    if not arguments and not always:
        return callee.text
    return f"{callee.text}[{', '.join(arguments)}]" if arguments else callee.text


def is_about_torch(case: Case, value: Any, kind: str) -> bool:
    """Whether one of torch's things is called, is among the arguments, or belongs to a module."""
    if is_torch(value) or kind in ("Tensor", "Size", "torch.Size", "torch.device", "torch.dtype", "Parameter"):
        return True
    if isinstance(value, types.ModuleType):
        return value.__name__.split(".")[0] in ("torch", "torchvision", "tqdm") or _has_tensors(case)
    return _has_tensors(case)


def _has_tensors(case: Case) -> bool:
    """Whether a tensor or a loader is among the variables that the call names."""
    found = [value for _, value in operands(case) if value is not UNKNOWN]
    node = case.frame.node if case.frame is not None else None
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node is not None else set()
    if any(is_made_by_torch(item, value) for item, value in operands(case)):
        return True
    named = [case.frame.locals.get(name) for name in names] if case.frame is not None else []
    kinds = (Tensor, nn.Module, torch.utils.data.DataLoader)
    return any(isinstance(value, kinds) for value in [*found, *named])


def _overwritten(case: Case, callee: Spot) -> Binding | None:
    """The assignment that put a value in place of a function or module of the same name."""
    node, source = callee.node, callee.source
    if isinstance(node, ast.Name):
        scope: Scope = source.scope_of(node)
        values = [b for b in bindings_in(scope, node.id) if b.kind in ("value", "element", "with")]
        others = [b for b in bindings_in(source.tree, node.id) if b.kind in ("definition", "value")]
        others = [b for b in others if b not in values or _makes_function(b)]
        is_imported = any(
            alias.asname == node.id or alias.name == node.id
            for item in ast.walk(source.tree) if isinstance(item, ast.Import | ast.ImportFrom) for alias in item.names
        )  # fmt: skip
        values = [b for b in values if not _makes_function(b)]
        is_parameter = any(b.kind == "parameter" for b in bindings_in(scope, node.id))
        if values and (others or is_imported or is_parameter or hasattr(builtins, node.id)):
            return values[-1]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        owner = source.class_of(source.scope_of(node))
        methods = [item for item in owner.body if isinstance(item, ast.FunctionDef)] if owner is not None else []
        found = [b for m in methods for b in attribute_bindings(m, "self", node.attr)]
        is_method = any(method.name == node.attr for method in methods)
        values = [b for b in found if not _makes_function(b)]
        if values and (is_method or len(found) > len(values)):
            return values[-1]
    return None


def _makes_function(binding: Binding) -> bool:
    """Whether what is assigned may well be called: a class's object, a function, a lambda."""
    node = binding.node
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.ClassDef):
        return True
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name[:1].isupper() or name in ("partial", "compile", "to")
    return False


def _name_reused(case: Case, callee: Spot, binding: Binding, kind: str) -> Finding:
    """`loss = loss(output, y)`: from then on the name is the value."""
    text = " ".join(callee.text.split())
    statement = binding.statement
    line = getattr(statement, "lineno", callee.line)
    what = note(
        "{callee} is a {kind} since line {line}, no longer a function", callee=_bare(text), kind=kind, line=line
    )
    why = note("the assignment at line {line} gives the name another meaning, and the next call finds the {kind}",
               line=line, kind=kind)  # fmt: skip
    source = callee.source
    target = text.rpartition(".")[2]
    if isinstance(statement, ast.Assign) and statement.lineno == statement.end_lineno:
        value = source.text(statement.value)
        new = text.replace(target, f"{target}_value")
        fix: Words = f"{new} = {value}"
    else:
        fix = note("another name for the value")
    change = at_line(callee.at(statement, ()), fix)
    return case.finding("TW014", what, why=why, fix=fix, mend=change.mend)


def _namespace(case: Case, callee: Spot, value: Any, what: Words) -> Finding:
    """A module of Python's is called: torch.optim.adam(...), tqdm(...)."""
    name = getattr(value, "__name__", callee.text)
    last = name.rpartition(".")[2]
    classes = (
        [item for item in vars(value) if item.lower() == last.lower() and isinstance(vars(value)[item], type)]
        if isinstance(value, types.ModuleType)
        else []
    )
    why = note("{name} is a file with functions and classes in it", name=name)
    if classes and isinstance(callee.node, ast.Attribute):
        change = replaced(
            callee, callee.node, f"{callee.source.text(callee.node.value)}.{classes[0]}", least=callee.node
        )
        return case.finding("TW014", what, why=why, fix=change.text, mend=change.mend)
    fix: Words = ADVICE.get(last, "") or note("a function or class of it, such as {name}.{name}", name=callee.text)
    mend = next((Spot(callee.source, n) for n in ast.walk(callee.source.tree)
                 if isinstance(n, ast.Import) and any(a.name.split(".")[0] == last for a in n.names)), None)  # fmt: skip
    return case.finding("TW014", what, why=why, fix=fix, mend=mend)


RULES = (uncallable_is_called, layers_are_asked_for)
