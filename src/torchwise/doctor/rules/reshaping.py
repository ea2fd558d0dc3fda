"""view, reshape and unflatten to a shape with another number of values."""

import ast
import math
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operation
from torchwise.doctor.remedies.reshaped import Reshaping, candidates, wanted_size
from torchwise.doctor.rules.heads import Split, split_findings
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, sizes_of
from torchwise.doctor.tracing.ranking import ranked_findings
from torchwise.doctor.tracing.words import sentences, story
from torchwise.doctor.values import product_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

VIEWS = {"view", "reshape", "unflatten"}


def view_has_another_count(case: Case) -> Iterator[Finding]:
    """TW212: the sizes of the new shape don't multiply up to the number of values. TW217: heads that don't divide."""
    operation = case.operation
    if operation is None or operation.name not in VIEWS or not isinstance(operation.node, ast.Call):
        return
    reshaping = _reshaping(case, operation)
    if reshaping is None or reshaping.sizes.count(-1) > 1 or reshaping.fits or 0 in reshaping.given.shape:
        return
    if (split := _heads(reshaping)) is not None:
        yield from split_findings(case, split, seen_of(reshaping.given))
        return
    sizes, given = reshaping.sizes, reshaping.given
    what = note(
        "{code} asks for {wanted} values, {name} {shape} has {count}",
        code=_shown(operation, sizes), wanted=_count_text(sizes), name=given.text, shape=str(given.shape),
        count=reshaping.count,
    )  # fmt: skip
    found_candidates, why = candidates(reshaping), _why(reshaping)
    yield from ranked_findings(case, "TW212", what, why=why, candidates=found_candidates, seen=seen_of(given))


def _reshaping(case: Case, operation: Operation) -> Reshaping | None:
    """The tensor and the sizes of the call; None where they are not known."""
    call = operation.node
    assert isinstance(call, ast.Call), "asked for calls"
    is_method = isinstance(call.func, ast.Attribute) and at_node(case, call.func.value) is not None
    nodes = list(call.args)
    first = call.func.value if is_method and isinstance(call.func, ast.Attribute) else nodes.pop(0) if nodes else None
    given = at_node(case, first) if first is not None else None
    if operation.name == "unflatten":
        return _unflattened(case, operation, given, nodes)
    if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple | ast.List):
        nodes = list(nodes[0].elts)
    if given is None:
        return None
    sizes: list[int] = []
    places: list[ast.expr | None] = []
    for node in nodes:
        inner = node.value if isinstance(node, ast.Starred) else node
        value = sizes_of(case).value(case.spot(inner))
        values = list(value) if isinstance(value, list | tuple) else [value]
        sizes += values
        places += [inner] if len(values) == 1 else [None] * len(values)
    if not sizes or not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        return None
    return Reshaping(case, operation, given, tuple(sizes), tuple(places))


def _unflattened(case: Case, operation: Operation, given: Shaped | None, nodes: list[ast.expr]) -> Reshaping | None:
    """unflatten(dim, sizes) as the view that it is."""
    if given is None or len(nodes) < 2 or not isinstance(nodes[1], ast.Tuple | ast.List):
        return None
    dim = sizes_of(case).value(case.spot(nodes[0]))
    sizes = [sizes_of(case).value(case.spot(item)) for item in nodes[1].elts]
    if not isinstance(dim, int) or not all(isinstance(size, int) for size in sizes):
        return None
    dim %= max(len(given.shape), 1)
    before, after = given.shape[:dim], given.shape[dim + 1 :]
    places: list[ast.expr | None] = [*[None] * len(before), *nodes[1].elts, *[None] * len(after)]
    return Reshaping(case, operation, given, (*before, *sizes, *after), tuple(places))


def _shown(operation: Operation, sizes: tuple[int, ...]) -> str:
    return f"{operation.name}({', '.join(map(str, sizes))})"


def _count_text(sizes: tuple[int, ...]) -> str:
    """How many values a shape asks for, in words of numbers."""
    known = [size for size in sizes if size != -1]
    return f"{product_text(known)} = {math.prod(known)}" if len(known) > 1 else str(math.prod(known))


def _why(reshaping: Reshaping) -> Words:
    """The rule, and where the sizes of the tensor come from."""
    known = math.prod(size for size in reshaping.sizes if size != -1)
    if -1 in reshaping.sizes:
        rule = note(
            "a view keeps all values; {count} can't be divided by {known}, so -1 stands for nothing",
            count=reshaping.count, known=known,
        )  # fmt: skip
    else:
        rule = note("a view keeps all values: {count}, not {known}", count=reshaping.count, known=known)
    case, given = reshaping.case, reshaping.given
    sizes = sizes_of(case)
    stories: list[Words] = []
    for dim in range(-len(given.shape), 0):
        origin = sizes.origin(given.spot, dim, given.shape[dim])
        if origin.kind == "layer" and len(stories) < 2:
            stories.append(story(case, origin, given.text))
    found = wanted_size(reshaping)
    if found is not None and stories and len(found[2]) > 1:
        dim, wanted, middle = found
        words = note("the {given} would have to be {wanted} = {product}", given=given.shape[dim], wanted=wanted,
                     product=product_text(middle))  # fmt: skip
        stories.append(words)
    return sentences(rule, *stories)


def _heads(reshaping: Reshaping) -> Split | None:
    """TW217: the last size is split into heads, which don't divide it."""
    given = reshaping.given
    for index in range(1, len(reshaping.sizes)):
        spot, before = reshaping.spot(index), reshaping.spot(index - 1)
        if spot is None or before is None or not given.shape:
            continue
        born = reshaping.case.flow.born(spot)
        if not isinstance(born.node, ast.BinOp) or not isinstance(born.node.op, ast.FloorDiv):
            continue
        after = reshaping.spot(index + 1) if index + 1 < len(reshaping.sizes) else None
        if after is not None and ast.dump(after.node) == ast.dump(before.node):
            continue  # height // patch, patch, width // patch, patch
        heads, features = reshaping.sizes[index - 1], given.shape[-1]
        divided, by = (sizes_of(reshaping.case).value(born.at(part)) for part in (born.node.left, born.node.right))
        if (divided, by) == (features, heads) and features % heads:
            return Split(features, heads, born.at(born.node.left, ()), before, reshaping.operation.node)
    return None


RULES = (view_has_another_count,)
