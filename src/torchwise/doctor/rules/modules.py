"""Modules that were not begun or have no `forward`: `super().__init__()` is missing, a method's name is misspelt."""

import ast
import re
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.changes import at_line, statement_change
from torchwise.doctor.objects.definitions import classes_of, nearest, within
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, method_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

TABLES = ("_modules", "_parameters", "_buffers", "_forward_hooks", "_backward_hooks", "_non_persistent_buffers_set")
OTHER_NAMES = ("call", "predict", "__forward__", "fwd", "run", "apply_model", "_forward", "forward_pass", "compute")


def init_of_module_is_missing(case: Case) -> Iterator[Finding]:
    """TW001: something is assigned in a module before `nn.Module.__init__` has run."""
    if re.search(r"super\(type, obj\): obj must be an instance", case.text):
        yield from _super_of_another_class(case)
        return
    frame, module = _half_built(case)
    if frame is None or module is None:
        return
    name = type(module).__name__
    for source, owner in classes_of(module):
        init = method_of(owner, "__init__")
        if init is None:
            if any(call_name(item) == "dataclass" for item in owner.decorator_list):
                yield _dataclass(case, source, owner)
                return
            continue
        if calls := _calls_of_super(init):
            if frame.scope is init and frame.node is not None and calls[0].lineno > frame.line:
                yield _too_late(case, frame, calls[0], name)
                return
            if (call := next((call for call in calls if _passes_module_by(call)), None)) is not None:
                yield _passing_by(case, source, call)
                return
            continue
        yield _missing(case, source, owner, init, name)
        return


def _half_built(case: Case) -> tuple[Frame | None, nn.Module | None]:
    """The user's frame at work on a module that has none of the tables of nn.Module yet."""
    if not isinstance(case.error, AttributeError):
        return None, None
    if not re.search(r"before .*__init__|has no attribute '(" + "|".join(TABLES) + ")'", case.text):
        return None, None
    for frame in reversed(case.frames):
        module = frame.locals.get("self")
        if isinstance(module, nn.Module) and "_modules" not in vars(module):
            owner = next((f for f in reversed(case.user) if f.locals.get("self") is module), case.frame)
            return owner, module
    return None, None


def _calls_of_super(init: ast.FunctionDef) -> list[ast.Call]:
    """The calls of the `__init__` of a base class."""
    return [
        node for node in within(init)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"
    ]  # fmt: skip


def _passes_module_by(call: ast.Call) -> bool:
    """super(Net).__init__() without self, super(nn.Module, self).__init__(): neither begins the module."""
    made = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(made, ast.Call) or call_name(made) != "super" or not made.args:
        return False
    return len(made.args) == 1 or ast.unparse(made.args[0]).rpartition(".")[2] == "Module"


def _passing_by(case: Case, source: Source, call: ast.Call) -> Finding:
    code = source.text(call)
    what = note("a layer is assigned before nn.Module is initialised: {code} does not do it", code=code)
    has_self = isinstance(call.func, ast.Attribute) and len(getattr(call.func.value, "args", ())) > 1
    why = note("super(nn.Module, self) begins behind nn.Module and leaves it out") if has_self else note(
        "super with a class alone is bound to no object, so the __init__ it calls is not that of the module")  # fmt: skip
    change = replaced(Spot(source, call), call, "super().__init__()")
    return case.finding("TW001", what, why=why, fix=change.text, mend=change.mend)


def _missing(case: Case, source: Source, owner: ast.ClassDef, init: ast.FunctionDef, name: str) -> Finding:
    bare = next((n for n in within(init) if isinstance(n, ast.Expr) and _is_uncalled(n.value)), None)
    if bare is not None:
        change: Change = statement_change(Spot(source, bare), bare, source.text(bare) + "()")
        why = note("without brackets {code} is only named, not called", code=source.text(bare))
    else:
        change = at_line(Spot(source, init), "super().__init__()")
        why = note("nn.Module.__init__ makes the tables of layers and parameters, and __init__ of {owner} does not call it",
                   owner=owner.name)  # fmt: skip
    what = note("{owner} assigns a layer before nn.Module is initialised: super().__init__() is missing in {owner}",
                owner=owner.name)  # fmt: skip
    if owner.name != name:
        what = note("{owner}, the base class of {name}, does not call super().__init__(), so no layer can be assigned",
                    owner=owner.name, name=name)  # fmt: skip
    return case.finding("TW001", what, why=why, fix=change.text, mend=change.mend)


def _is_uncalled(node: ast.expr) -> bool:
    """`super().__init__` without brackets."""
    return isinstance(node, ast.Attribute) and node.attr == "__init__"


def _dataclass(case: Case, source: Source, owner: ast.ClassDef) -> Finding:
    spot = Spot(source, owner)
    what = note("{owner} is a dataclass, so nn.Module.__init__ has not run when its fields are set", owner=owner.name)
    why = note("the __init__ that @dataclass writes calls no super().__init__()")
    return case.finding("TW001", what, why=why, mend=Mend(file=source.file, line=spot.line),
                        fix=note("an __init__ that begins with super().__init__(), instead of @dataclass"))  # fmt: skip


def _too_late(case: Case, frame: Frame, call: ast.Call, name: str) -> Finding:
    assert frame.source is not None, "frames of the user's have source"
    code = frame.source.text(call)
    what = note("{name} assigns a layer at line {line}, before {code} at line {later}",
                name=name, line=frame.line, code=code, later=call.lineno)  # fmt: skip
    why = note("nn.Module.__init__ makes the tables of layers and parameters, so it comes first")
    fix = note("{code} as the first line of __init__", code=code)
    return case.finding("TW001", what, why=why, fix=fix, mend=Mend(file=frame.file, line=frame.line))


def _super_of_another_class(case: Case) -> Iterator[Finding]:
    """`super(OtherNet, self).__init__()`, copied from another class."""
    frame = case.frame
    call = frame.node if frame is not None else None
    while frame is not None and frame.source is not None and call is not None and not isinstance(call, ast.stmt):
        if isinstance(call, ast.Call) and call_name(call) == "super" and call.args:
            break
        call = frame.source.parents.get(call)
    inner = [n for n in ast.walk(call) if isinstance(n, ast.Call) and call_name(n) == "super"] if call else []
    if frame is None or frame.source is None or not inner:
        return
    own = type(frame.locals.get("self")).__name__
    change = replaced(case.spot(inner[0]), inner[0], "super()")
    what = note("{code} names another class than {own}", code=frame.source.text(inner[0]), own=own)
    why = note("the first argument of super must be the class that the line stands in, or a base of the object")
    yield case.finding("TW001", what, why=why, fix=change.text, mend=change.mend)


def forward_is_missing(case: Case) -> Iterator[Finding]:
    """TW004: a module is called that has no `forward`."""
    if not isinstance(case.error, NotImplementedError):
        return
    last = case.frames[-1]
    module = last.locals.get("self")
    if not isinstance(module, nn.Module):
        return
    if last.function not in ("_forward_unimplemented", "forward"):
        return
    if last in case.user and "forward" in vars(type(module)):  # its own forward says that it can't do something
        return
    name = type(module).__name__
    if type(module).__module__.startswith("torch.nn.modules.container"):
        yield from _container(case, module)
        return
    what = note("{name} has no forward, so it can't be called", name=name)
    why = note("calling a module runs its method forward, by exactly this name")
    for source, owner in classes_of(module):
        found = _nearly_forward(owner)
        if found is None:
            continue
        text = note(
            "{name} has no forward, but {method} at line {line}", name=name, method=found.name, line=found.lineno
        )
        fix, mend = _renamed(source, found)
        yield case.finding("TW004", text, why=why, fix=fix, mend=mend)
        return
    owners = classes_of(module)
    place = Mend(file=owners[0][0].file, line=owners[0][1].lineno) if owners else None
    yield case.finding("TW004", what, why=why, fix="def forward(self, x): ...", mend=place)


def _nearly_forward(owner: ast.ClassDef) -> ast.FunctionDef | None:
    """The method that was meant to be `forward`: misspelt, named as elsewhere, or defined within another method."""
    methods = [item for item in owner.body if isinstance(item, ast.FunctionDef)]
    inner = [n for m in methods for n in ast.walk(m) if isinstance(n, ast.FunctionDef) and n.name == "forward"]
    if inner:
        return inner[0]
    names = {method.name: method for method in methods if method.name != "forward"}
    near = nearest("forward", names, 0.72)
    other = next((name for name in OTHER_NAMES if name in names), None)
    return names[near] if near else names[other] if other else None


def _renamed(source: Source, found: ast.FunctionDef) -> tuple[Words, Mend]:
    """The mend of a method's name, or of its place."""
    if found.name == "forward":
        fix = note("def forward(self, ...) one level further out, beside __init__")
        return fix, Mend(file=source.file, line=found.lineno)
    arguments = ast.unparse(found.args)
    mend = Mend(file=source.file, line=found.lineno, old=f"def {found.name}(", new="def forward(")
    return f"def forward({arguments}):", mend


def _container(case: Case, module: nn.Module) -> Iterator[Finding]:
    """A ModuleList or ModuleDict is called as a whole."""
    kind, name = type(module).__name__, case.path_of(module)
    site = case.site_of(module)
    called = case.operation.operands[0].text if case.operation is not None and case.operation.operands else "x"
    code = name.rpartition(".")[2] or kind
    what = note("{name}, an nn.{kind}, is called, but it has no forward", name=name or kind, kind=kind)
    why = note("nn.{kind} only holds its modules; how they are applied is for the caller to say", kind=kind)
    if kind == "ModuleList" and site is not None and isinstance(site.node, ast.Call):
        change = replaced(site, site.node.func, "nn.Sequential")
        arguments = ", ".join(site.source.text(item) for item in site.node.args)
        fix = f"nn.Sequential(*{arguments})" if len(arguments) < 60 else note("nn.Sequential(*...)")
        mend = Mend(file=change.mend.file, line=site.line)
        yield case.finding("TW004", what, why=why, fix=fix, mend=mend)
        yield case.finding("TW004", what, fix=f"for layer in self.{code}: {called} = layer({called})", sure=False)
    else:
        text = f'self.{code}["..."]({called})' if kind == "ModuleDict" else f"for layer in self.{code}: ..."
        yield case.finding("TW004", what, why=why, fix=text)


RULES = (init_of_module_is_missing, forward_is_missing)
