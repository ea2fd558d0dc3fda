"""Unpacking into more or fewer names than there are parts; split sizes that don't add up."""

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
from torchwise.doctor.tracing.blame import blame_of
from torchwise.doctor.tracing.edits import replaced
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.sizes import Origin
from torchwise.finding import Finding, Seen, Words
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


def wrong_number_of_parts(case: Case) -> Iterator[Finding]:
    """TW225: a tensor, its parts or its shape are unpacked into another number of names."""
    unpacking = _unpacking(case)
    if unpacking is None:
        return
    code = unpacking.source.text
    what = note(
        "{wanted} names for the {count} parts of {code}", wanted=len(unpacking.names), count=unpacking.count,
        code=" ".join(code.split()),
    )  # fmt: skip
    seen = (Seen(name=" ".join(code.split()), text=_shapes(unpacking.value)),)
    why, found = _why(unpacking), _candidates(unpacking)
    yield from ranked_findings(case, "TW225", what, why=why, candidates=found, seen=seen)


def _unpacking(case: Case) -> Unpacking | None:
    """The unpacking that failed, where it is about tensors."""
    frame = case.frame
    if frame is None or frame.source is None or case.inner or not isinstance(case.error, ValueError | TypeError):
        return None
    node: Any = frame.node
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        node = node.targets[0]
    if not isinstance(node, ast.Tuple | ast.List) or any(isinstance(item, ast.Starred) for item in node.elts):
        return None
    parent, path = frame.source.parents.get(node), ()
    while isinstance(parent, ast.Tuple | ast.List):
        path = (parent.elts.index(node), *path) if not path else path
        node_outer, parent = parent, frame.source.parents.get(parent)
        if isinstance(parent, ast.Tuple | ast.List):
            return None
        del node_outer
    if not isinstance(parent, ast.Assign):
        return None
    spot = case.spot(parent.value)
    spot = spot.at(spot.node, path)
    value = sizes_of(case).value(spot)
    count = _parts(value)
    if count is None or count == len(node.elts):
        return None
    return Unpacking(case, node, spot, value, count)


def _parts(value: Any) -> int | None:
    """How many parts a value is unpacked into; None for what is no business of tensors."""
    if isinstance(value, Tensor):
        return value.shape[0] if value.dim() else 0
    if isinstance(value, torch.Size):
        return len(value)
    if isinstance(value, tuple | list) and value and all(isinstance(item, Tensor | tuple) for item in value):
        return len(value)
    return None


def _shapes(value: Any) -> str:
    """The shapes in a value, as they are nested."""
    if isinstance(value, torch.Size):
        return str(tuple(value))
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {len(value)}: " + ", ".join(f"[{_shapes(item)}]" for item in value[:4])
    return str(shape_of(value))


def _why(unpacking: Unpacking) -> Words:
    value = unpacking.value
    if isinstance(value, torch.Size):
        return note("the tensor has {count} dimensions: {shape}", count=len(value), shape=str(tuple(value)))
    if isinstance(value, Tensor) and not value.dim():
        return note("a single number has no parts")
    if isinstance(value, Tensor):
        return note(
            "a tensor is unpacked along its first dimension, and that is {count} here: {shape}",
            shape=str(tuple(value.shape)), count=unpacking.count,
        )  # fmt: skip
    name = call_name(unpacking.source.node)
    if name in PARTING:
        return note("{name} gives {count} parts here", name=name, count=unpacking.count)
    return note("what is unpacked is a {kind} of {count}", kind=type(value).__name__, count=unpacking.count)


def _candidates(unpacking: Unpacking) -> Iterator[Candidate]:
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
    more = [*names, *["_"] * (unpacking.count - wanted)] if unpacking.count > wanted else names[: unpacking.count]
    yield 2.2, _with_target(unpacking, ", ".join(more)), ""


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


def split_sizes_do_not_add_up(case: Case) -> Iterator[Finding]:
    """TW225: the sizes for split must add up to the size of the dimension."""
    operation = case.operation
    if (
        operation is None
        or operation.name not in ("split", "split_with_sizes")
        or not isinstance(operation.node, ast.Call)
    ):
        return
    call, nodes = operation.node, list(operation.node.args)
    is_method = isinstance(call.func, ast.Attribute) and at_node(case, call.func.value) is not None
    first = call.func.value if is_method and isinstance(call.func, ast.Attribute) else nodes.pop(0) if nodes else None
    given = at_node(case, first) if first is not None else None
    sizes_node = keyword_of(call, "split_size_or_sections") or next(iter(nodes), None)
    dim_node = keyword_of(call, "dim") or next(iter(nodes[1:]), None)
    dim = sizes_of(case).value(case.spot(dim_node)) if dim_node is not None else 0
    parts = sizes_of(case).value(case.spot(sizes_node)) if sizes_node is not None else None
    if given is None or not isinstance(dim, int) or not isinstance(parts, list | tuple) or sizes_node is None:
        return
    if not all(isinstance(part, int) for part in parts) or not -len(given.shape) <= dim < len(given.shape):
        return
    size = given.shape[dim]
    if sum(parts) == size:
        return
    what = note(
        "the parts {parts} add up to {sum}, dimension {dim} of {name} {shape} has {size}",
        parts=" + ".join(map(str, parts)), sum=sum(parts), dim=dim, name=given.text, shape=str(given.shape), size=size,
    )  # fmt: skip
    why = note("split takes the dimension apart without a rest")
    found = _of_sizes(case, given, dim, parts, sizes_node, dim_node)
    yield from ranked_findings(case, "TW225", what, why=why, candidates=found, seen=seen_of(given))


def _of_sizes(
    case: Case, given: Shaped, dim: int, parts: Any, node: ast.expr, dim_node: ast.expr | None
) -> Iterator[Candidate]:
    """Another size for one of the parts, or for the dimension itself; another dimension."""
    size = given.shape[dim]
    for other in range(len(given.shape)):
        if given.shape[other] == sum(parts) and dim_node is not None:
            yield 1.4, replaced(case.spot(dim_node), dim_node, str(other)), ""
    origin = sizes_of(case).origin(given.spot, dim % len(given.shape) - len(given.shape), size)
    blame = blame_of(case, sizes_of(case), origin, Origin("made", given.spot, sum(parts)))
    if blame is not None:
        yield blame.cost - 0.2, blame.change, ""
    made = case.flow.born(case.spot(node))
    items = made.node.elts if isinstance(made.node, ast.List | ast.Tuple) else []
    for item, part in zip(items, parts, strict=False):
        wanted = size - sum(parts) + part
        if wanted > 0:
            cost = 2.1 - 0.1 * (item is items[-1])
            yield cost, number_change(case, made.at(item, ()), wanted, made.node), ""


RULES = (wrong_number_of_parts, split_sizes_do_not_add_up)
