"""Layers built with arguments they don't take: unknown names, missing sizes, floats and text where a number is needed."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import at_line, name_of_file
from torchwise.doctor.objects.definitions import classes_of, nearest
from torchwise.doctor.objects.given_arguments import argument_spot, arguments, is_float, odd_argument
from torchwise.doctor.objects.handed import UNKNOWN, operands
from torchwise.doctor.objects.signatures import Mismatch, key_node, keyword_spot, mismatch_in, parameters_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

OTHER_LIBRARIES = {"units": "out_features", "filters": "out_channels", "input_shape": "in_features", "strides": "stride",
                   "rate": "p", "activation": "", "kernel": "kernel_size", "input_dim": "in_features",
                   "output_dim": "out_features", "pool_size": "kernel_size", "use_bias": "bias", "padding_mode": "padding"}  # fmt: skip
FACTORIES = {
    "rand",
    "randn",
    "zeros",
    "ones",
    "randint",
    "tensor",
    "empty",
    "full",
    "arange",
    "from_numpy",
    "as_tensor",
}
IN_INIT = re.compile(
    r"must be tuple of ints|failed to unpack|of type int|should be of type|negative dimension|cannot be interpreted as an integer"
    r"|object is not iterable|has to be between 0 and 1|not supported between instances|must be positive|should be positive"
    r"|must be greater than|[Ii]nvalid|unsupported operand|can't multiply sequence|must be .* not|expected .* but got"
)


def layer_is_built_wrongly(case: Case) -> Iterator[Finding]:
    """TW012: the arguments of a layer's class have wrong names, numbers or types."""
    if not isinstance(case.error, TypeError | ValueError | RuntimeError) or case.frame is None:
        return
    cls = class_called(case)
    if cls is None or not issubclass(cls, nn.Module) or issubclass(cls, nn.Sequential | nn.ModuleList | nn.ModuleDict):
        return
    if any(isinstance(value, Tensor) or is_made_by_torch(item, value) for item, value in operands(case)):
        return
    mismatch = mismatch_in(case.text) if isinstance(case.error, TypeError) else None
    if mismatch is not None and mismatch.last_name == "__init__":
        yield from _mismatch(case, cls, mismatch)
    elif case.inner and case.inner[0].function in ("__init__", "__new__") and IN_INIT.search(case.text):
        yield from _wrong_value(case, cls)


def is_made_by_torch(node: ast.AST, value: Any) -> bool:
    """Whether an argument of unknown value is written as a tensor: torch.rand(2, 3)."""
    is_factory = isinstance(node, ast.Call) and call_name(node) in FACTORIES
    return value is UNKNOWN and is_factory and ast.unparse(node).startswith("torch.")


def class_called(case: Case) -> type | None:
    """The class that the user's line builds an object of."""
    if case.inner and case.inner[0].function == "__init__":
        owner = case.inner[0].locals.get("self")
        return type(owner) if owner is not None else None
    node = case.frame.node if case.frame is not None else None
    if case.inner or not isinstance(node, ast.Call):
        return None
    found = case.value(node.func)
    return found if isinstance(found, type) else None


def _mismatch(case: Case, cls: type, mismatch: Mismatch) -> Iterator[Finding]:
    """Names and numbers of arguments."""
    kind = cls.__name__
    names = parameters_of(vars(cls).get("__init__", cls))
    shown = ", ".join(names[:8])
    node = case.frame.node if case.frame is not None else None
    call = case.spot(node) if isinstance(node, ast.Call) else None
    if call is None:
        return
    if (found := _own_init(case, cls, call, mismatch)) is not None:
        yield found
    elif mismatch.kind == "unknown":
        yield _unknown(case, kind, names, mismatch, call)
    elif mismatch.kind == "missing":
        what = note("{kind} is built without {names}", kind=kind, names=", ".join(mismatch.names))
        given = [call.source.text(item) for item in [*call.node.args, *call.node.keywords]]  # type: ignore[attr-defined]
        text = f"{call.source.text(call.node.func)}({', '.join([*given, *(f'{n}=...' for n in mismatch.names)])})"  # type: ignore[attr-defined]
        yield case.finding("TW012", what, why=note("it takes {names}", names=shown), fix=text)
    else:
        what = note("{kind} takes {taken} arguments and gets {given}", kind=kind, taken=max(mismatch.taken - 1, 0),
                    given=max(mismatch.given - 1, 0))  # fmt: skip
        if mismatch.kind == "twice":
            what = note("{kind} gets {word} twice, by its place and by its name", kind=kind, word=mismatch.keyword)
        yield case.finding("TW012", what, why=note("it takes {names}", names=shown))


def _own_init(case: Case, cls: type, call: Spot, mismatch: Mismatch) -> Finding | None:
    """The user's class has no `__init__`, or one under another name; or its `super().__init__` gets arguments."""
    if case.inner and case.inner[-1].function != "__init__":
        return None
    if call_name(call.node) == "__init__" and case.inner:
        change = replaced(call, call.node, f"{call.source.text(call.node.func)}()")  # type: ignore[attr-defined]
        what = note("nn.Module.__init__ takes no arguments, {kind} passes some on", kind=cls.__name__)
        return case.finding(
            "TW012", what, why=note("the base class is nn.Module itself"), fix=change.text, mend=change.mend
        )
    for source, owner in classes_of(cls):
        methods = {item.name: item for item in owner.body if isinstance(item, ast.FunctionDef)}
        near = nearest("__init__", [m for m in methods if m.startswith("_") or m == "init"], 0.8)
        if "__init__" in methods or near is None:
            continue
        method = methods[near]
        what = note("{kind} has no __init__, but {near} at line {line}", kind=owner.name, near=near, line=method.lineno)
        mend = Mend(file=source.file, line=method.lineno, old=f"def {near}(", new="def __init__(")
        why = note("Python calls the method __init__, by exactly this name")
        return case.finding("TW012", what, why=why, fix=f"def __init__({ast.unparse(method.args)}):", mend=mend)
    return None


def _unknown(case: Case, kind: str, names: list[str], mismatch: Mismatch, call: Spot) -> Finding:
    """A keyword that the class doesn't know."""
    word = mismatch.keyword
    near = nearest(word, names, 0.6) or OTHER_LIBRARIES.get(word)
    near = near if near in names else None
    what = note("{kind} has no parameter {word}", kind=kind, word=word)
    if near:
        what = note("{kind} has no parameter {word}, but {near}", kind=kind, word=word, near=near)
    why = note("it takes {names}", names=", ".join(names))
    found = keyword_spot(case.flow, call, word)
    if found is None:
        return case.finding("TW012", what, why=why, fix=f"{near}=..." if near else "")
    spot, elsewhere = found
    node = key_node(spot)
    if not elsewhere:
        parent = spot.source.parents[spot.node]
        change = replaced(call, parent, f"{near}={spot.text}", least=call.node) if near else _left_out(call, parent)
        return case.finding("TW012", what, why=why, fix=change.text, mend=change.mend)
    new = f"{near}={spot.text}" if isinstance(node, ast.keyword) else f'"{near}"'
    mend = Mend(file=spot.file, line=getattr(node, "lineno", spot.line), old=spot.source.text(node) if near else None,
                new=new if near else None)  # fmt: skip
    fix: Words = new if near else note("leave {word} out", word=word)
    return case.finding("TW012", what, why=why, fix=fix, mend=mend)


def _left_out(call: Spot, keyword: ast.AST) -> Change:
    """The call without one of its keywords."""
    assert isinstance(call.node, ast.Call), "asked for calls"
    kept = [call.source.text(item) for item in [*call.node.args, *call.node.keywords] if item is not keyword]
    if getattr(call.node, "lineno", 0) != getattr(call.node, "end_lineno", 0):
        return at_line(call, note("leave {word} out", word=call.source.text(keyword)), keyword)
    return replaced(call, call.node, f"{call.source.text(call.node.func)}({', '.join(kept)})")


def _wrong_value(case: Case, cls: type) -> Iterator[Finding]:
    """A float, a text or None as a size; a number out of range."""
    given = arguments(case)
    odd = odd_argument(case, given)
    if odd is None:
        return
    name, value = odd
    kind = cls.__name__
    shown = repr(value) if len(repr(value)) < 40 else type(value).__name__
    what = note(
        "{kind} is built with {name} = {value}, a {type}", kind=kind, name=name, value=shown, type=type(value).__name__
    )
    why = note("sizes are whole numbers (int)")
    if isinstance(value, int) and not isinstance(value, bool):
        what = note("{kind} is built with {name} = {value}", kind=kind, name=name, value=shown)
        why = note("a size can't be negative")
    if name in ("p", "dropout"):
        why = note("it is a probability: between 0 and 1")
    spot = argument_spot(case, cls, name, given)
    if spot is None:
        yield case.finding("TW012", what, why=why)
        return
    change = _mended(case, spot, value, name)
    born = note("it comes from {place}", place=name_of_file(change.spot))
    same = change.spot.node is spot.node
    yield case.finding("TW012", what, why=why if same else note("{rule}; {born}", rule=why, born=born),
                       fix=change.text, mend=change.mend)  # fmt: skip


def _mended(case: Case, spot: Spot, value: Any, name: str) -> Change:
    """Where the value came in, and what it should be there."""
    if is_float(value):
        found = next((f for is_it in (_is_division, _is_product, _is_float_number)
                      if (f := search_back(case.flow, spot, is_it)) is not None), None)  # fmt: skip
        if found is not None and isinstance(found.node, ast.BinOp):
            left, right = found.source.text(found.node.left), found.source.text(found.node.right)
            if isinstance(found.node.op, ast.Div):
                return replaced(found, found.node, f"{left} // {right}")
        if found is not None:
            whole = isinstance(found.node, ast.Constant) and float(found.node.value).is_integer()  # type: ignore[arg-type]
            new = str(int(found.node.value)) if whole else f"int({found.text})"  # type: ignore[attr-defined]
            return replaced(found, found.node, new)
        born = case.flow.born(spot)
        place = born if isinstance(born.node, ast.Call) and len(born.text) < 60 else spot
        return replaced(place, place.node, f"int({place.text})", least=place.source.parents.get(place.node))
    if isinstance(value, str):
        return _number_from_text(case, spot, value)
    born = case.flow.born(spot)
    if (
        isinstance(value, int | float)
        and name in ("p", "dropout")
        and value > 1
        and isinstance(born.node, ast.Constant)
    ):
        return replaced(born, born.node, repr(value / 100 if value <= 100 else 0.5))
    return at_line(born, note("a whole number for {name}", name=name))


def _is_division(spot: Spot) -> bool:
    return isinstance(spot.node, ast.BinOp) and isinstance(spot.node.op, ast.Div)


def _is_product(spot: Spot) -> bool:
    """A product or a power: one of its sides is a float, as it is no division."""
    return isinstance(spot.node, ast.BinOp) and isinstance(spot.node.op, ast.Mult | ast.Pow)


def _is_float_number(spot: Spot) -> bool:
    """A number such as 64.0."""
    return isinstance(spot.node, ast.Constant) and isinstance(spot.node.value, float)


def _number_from_text(case: Case, spot: Spot, value: str) -> Change:
    """A text that should be a number: in the configuration, from the command line, from a file."""
    found = search_back(case.flow, spot, lambda s: isinstance(s.node, ast.Constant) and s.node.value == value)
    if found is not None and value.strip().lstrip("-").isdigit():
        parent = found.source.parents.get(found.node)
        call = found.source.parents.get(parent) if isinstance(parent, ast.keyword) else None
        if isinstance(call, ast.Call) and call_name(call) == "add_argument" and keyword_of(call, "type") is None:
            return replaced(found, found.node, value.strip(), least=call)
        return replaced(found, found.node, value.strip())
    return replaced(spot, spot.node, f"int({spot.text})", least=spot.node)


RULES = (layer_is_built_wrongly,)
