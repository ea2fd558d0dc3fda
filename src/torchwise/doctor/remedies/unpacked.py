"""What may be meant where the number of parts differs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.source import function_node, read_source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, returns_of
from torchwise.doctor.tracing.blame import blame_of, number_of
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, at_node, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin
from torchwise.texts import note

PARTING = ("chunk", "split", "unbind", "tensor_split", "split_with_sizes")


@dataclass(frozen=True, eq=False)
class Unpacking:
    """An assignment to several names: the names, the expression, its value and how many parts that has."""

    case: Case
    target: ast.Tuple | ast.List
    source: Spot
    value: Any
    count: int

    @property
    def names(self) -> list[str]:
        """The names, as they are written."""
        return [self.source.source.text(item) for item in self.target.elts]


def candidates(unpacking: Unpacking) -> Iterator[Candidate]:
    """All single changes with which the numbers would agree."""
    value = unpacking.value
    if isinstance(value, torch.Size):
        yield from _of_shape(unpacking)
    elif isinstance(value, Tensor):
        yield from _of_tensor(unpacking)
    elif call_name(unpacking.source.node) in PARTING:
        yield from _of_parts(unpacking)
    else:
        yield from _of_tuple(unpacking)
    yield from _returned(unpacking)


def _statement(unpacking: Unpacking) -> ast.AST:
    return unpacking.source.source.statement_of(unpacking.source.node)


def _with_target(unpacking: Unpacking, text: str) -> Change:
    """The assignment to other names."""
    spot = unpacking.case.spot(unpacking.target)
    return replaced(spot, unpacking.target, text, least=_statement(unpacking))


def _of_shape(unpacking: Unpacking) -> Iterator[Candidate]:
    """Another number of names for the sizes, or the tensor with a dimension more or less."""
    case, names, count = unpacking.case, unpacking.names, unpacking.count
    node = unpacking.source.node
    base: ast.AST | None = node.value if isinstance(node, ast.Attribute) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        base = node.func.value
    given = at_node(case, base) if base is not None else None
    if count < len(names):
        yield 2.0, _with_target(unpacking, ", ".join(_dropped(names, count))), ""
    else:
        yield 1.9, _with_target(unpacking, ", ".join([*names, *["_"] * (count - len(names))])), ""
    if given is None:
        return

    def accept(value: Any) -> bool:
        shape = shape_of(value)
        return shape is not None and len(shape) == len(names)

    for repair in repairs(sizes_of(case), given.spot, accept, node):
        yield repair.cost, repair.edit.change, ""
    if count == len(names) - 1:
        dim = 1 if len(names) == 4 else -1 if len(names) == 3 and names[-1] not in ("t", "T", "L", "w", "W") else 1
        yield 2.1, attached(given.spot, f".unsqueeze({dim})", 2.1, "placed", node).change, ""


def _dropped(names: list[str], count: int) -> list[str]:
    """The names without those of channels or steps: the first and the last ones stay."""
    return [names[0], *names[len(names) - count + 1 :]]


def _of_tensor(unpacking: Unpacking) -> Iterator[Candidate]:
    """Halves of the features; a single result; the tensor transposed."""
    case, names, value = unpacking.case, unpacking.names, unpacking.value
    spot, wanted = unpacking.source, len(unpacking.names)
    module = sizes_of(case).value(spot.at(spot.node.func, ())) if isinstance(spot.node, ast.Call) else None
    if spot.path:
        outer = spot.source.parents.get(unpacking.target)
        text = spot.source.text(unpacking.target)
        place = case.spot(unpacking.target)
        change = replaced(place, unpacking.target, names[0], least=_statement(unpacking))
        if isinstance(outer, ast.Tuple):
            yield 1.2, change, note("{text} is one tensor here", text=text)
        return
    if value.dim() and value.shape[-1] % wanted == 0 and value.shape[-1] > wanted:
        is_named = any(
            word in "".join(names).lower() for word in ("mu", "mean", "var", "std", "sigma", "gamma", "beta")
        )
        is_leaf = isinstance(module, nn.Linear | nn.Sequential | nn.Conv2d)
        cost = 1.3 if is_named or is_leaf else 1.9
        dim = -1 if value.dim() != 4 else 1
        yield cost, attached(spot, f".chunk({wanted}, dim={dim})", cost, "chunked", _statement(unpacking)).change, ""
    for dim in range(1, value.dim()):
        if value.shape[dim] == wanted:
            yield 1.5, attached(spot, f".unbind({dim})", 1.5, "unbound", _statement(unpacking)).change, ""
    if isinstance(spot.node, ast.Call):
        yield 1.7, _with_target(unpacking, names[0]), note("it gives one tensor")


def _of_parts(unpacking: Unpacking) -> Iterator[Candidate]:
    """Another number of parts, or another dimension, for chunk and split."""
    case, wanted, node = unpacking.case, len(unpacking.names), unpacking.source.node
    if not isinstance(node, ast.Call):
        return
    is_method = isinstance(node.func, ast.Attribute) and at_node(case, node.func.value) is not None
    arguments = node.args if is_method else node.args[1:]
    given = at_node(case, node.func.value if is_method and isinstance(node.func, ast.Attribute) else node.args[0])
    name = call_name(node)
    if given is None:
        return
    dims = arguments[1:] if name != "unbind" else arguments
    dim_node = keyword_of(node, "dim") or next(iter(dims), None)
    dim = sizes_of(case).value(case.spot(dim_node)) if dim_node is not None else 0
    if not isinstance(dim, int):
        return
    first = arguments[0] if arguments else None
    number = sizes_of(case).value(case.spot(first)) if first is not None else None
    for other in range(len(given.shape) - 1, -1, -1):
        if other == dim % max(len(given.shape), 1) or not _gives(given, name, number, other, wanted):
            continue
        shown = str(other if other < len(given.shape) - 1 else -1)
        if dim_node is None:
            text = unpacking.source.text.rstrip()[:-1].rstrip().removesuffix(",") + f", dim={shown})"
            yield 1.2, replaced(unpacking.source, node, text), ""
        else:
            yield 1.7, replaced(case.spot(dim_node), dim_node, shown, least=node), ""
        break
    if name == "split" and isinstance(number, int) and number > 1:
        along = dim % len(given.shape)
        origin = sizes_of(case).origin(given.spot, along - len(given.shape), given.shape[along])
        blame = blame_of(case, sizes_of(case), origin, Origin("made", given.spot, number * wanted))
        if blame is not None:
            more = note("{wanted} parts of {each} need {all}", wanted=wanted, each=number, all=number * wanted)
            yield 1.35 if unpacking.count < wanted else 1.6, blame.change, more
    if name == "chunk" and isinstance(number, int) and first is not None and given.shape[dim] >= wanted:
        yield 1.5, number_change(case, case.spot(first), wanted, node), ""
    if name == "split" and isinstance(number, int) and first is not None and given.shape[dim] % wanted == 0:
        yield 1.4, number_change(case, case.spot(first), given.shape[dim] // wanted, node), ""
    names = unpacking.names
    others = [*names, *["_"] * (unpacking.count - wanted)] if unpacking.count > wanted else names[: unpacking.count]
    yield 2.2, _with_target(unpacking, ", ".join(others)), ""


def _gives(given: Shaped, name: str, number: Any, dim: int, wanted: int) -> bool:
    """Whether cutting along another dimension would give the wanted number of parts."""
    size = given.shape[dim]
    if name == "unbind":
        return size == wanted
    if name == "chunk":
        return number == wanted and size >= wanted
    return isinstance(number, int) and number > 0 and -(-size // number) == wanted


def _of_tuple(unpacking: Unpacking) -> Iterator[Candidate]:
    """The names that fit what is given: out, (h, c) of an LSTM."""
    names, count, node = unpacking.names, unpacking.count, unpacking.source.node
    module = sizes_of(unpacking.case).value(unpacking.source.at(node.func, ())) if isinstance(node, ast.Call) else None
    if isinstance(module, nn.LSTM) and len(names) == 3:
        yield (
            1.0,
            _with_target(unpacking, f"{names[0]}, ({names[1]}, {names[2]})"),
            note("an LSTM gives output, (hidden, cell)"),
        )
    elif count > len(names):
        yield 1.8, _with_target(unpacking, ", ".join([*names, *["_"] * (count - len(names))])), ""
    else:
        yield 1.8, _with_target(unpacking, ", ".join(names[:count])), ""


def _returned(unpacking: Unpacking) -> Iterator[Candidate]:
    """The function has the other values, too, and only returns fewer."""
    node = unpacking.source.node
    if not isinstance(node, ast.Call) or unpacking.source.path:
        return
    function = sizes_of(unpacking.case).value(unpacking.source.at(node.func, ()))
    function = type(function).forward if isinstance(function, nn.Module) else function
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    scope = function_node(code) if code is not None else None
    source = read_source(code.co_filename) if code is not None else None
    nodes = returns_of(scope) if scope is not None else []
    if source is None or not nodes:
        return
    bound = {item.id for item in ast.walk(scope) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}  # type: ignore[arg-type]
    last = nodes[-1]
    given = [source.text(item) for item in last.elts] if isinstance(last, ast.Tuple) else [source.text(last)]
    missing = [name for name in unpacking.names if name in bound and name not in given]
    if len(given) + len(missing) == len(unpacking.names) and missing:
        kept = iter(given)
        texts = [name if name in missing else next(kept) for name in unpacking.names]
        yield (
            1.1,
            replaced(Spot(source, last), last, ", ".join(texts)),
            note("{names} are there, and not returned", names=", ".join(missing)),
        )


def other_sizes(
    case: Case, given: Shaped, dim: int, parts: Any, node: ast.expr, dim_node: ast.expr | None
) -> Iterator[Candidate]:
    """Another size for one of the parts, or for the dimension itself; another dimension."""
    size = given.shape[dim]
    for other in range(len(given.shape)):
        if given.shape[other] == sum(parts) and dim_node is not None:
            yield 1.4, replaced(case.spot(dim_node), dim_node, str(other)), ""
    origin = sizes_of(case).origin(given.spot, dim % len(given.shape) - len(given.shape), size)
    blame = blame_of(case, sizes_of(case), origin, Origin("made", given.spot, sum(parts)))
    made = case.flow.born(case.spot(node))
    items = made.node.elts if isinstance(made.node, ast.List | ast.Tuple) else []
    lacking = next((item for item, part in zip(items, parts, strict=False) if part == sum(parts) - size), None)
    if blame is not None and lacking is not None and origin.layer is not None:
        more = note("it has as much as all parts but {part} need", part=made.source.text(lacking))
        yield 1.0, _with_part(case, origin, made.at(lacking, ())) or blame.change, more
    elif blame is not None:
        yield blame.cost - 0.2, blame.change, ""
    for item, part in zip(items, parts, strict=False):
        wanted = size - sum(parts) + part
        if wanted > 0:
            cost = 2.1 - 0.1 * (item is items[-1])
            yield cost, number_change(case, made.at(item, ()), wanted, made.node), ""


def _with_part(case: Case, origin: Origin, part: Spot) -> Change | None:
    """The size of a layer plus that of a part, where both are written by names in one function."""
    number, scope = number_of(case, origin), part.source.scope_of(part.node)
    if number is None or isinstance(number.node, ast.Constant) or number.source.scope_of(number.node) is not scope:
        return None
    text = number.text if isinstance(number.node, ast.Name | ast.Attribute | ast.BinOp) else f"({number.text})"
    least = number.source.parents.get(number.node)
    return replaced(number, number.node, f"{text} + {part.text}", least=least)
