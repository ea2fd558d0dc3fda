"""Matrix products of shapes that don't fit."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operation
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.edits import Edit
from torchwise.doctor.tracing.fitting import Shape, attached, broadcast, swapped, swaps
from torchwise.doctor.tracing.operands import Shaped, seen_of, shape_of, shaped, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

PRODUCTS = {"matmul", "mm", "bmm", "mv", "dot", "vdot", "inner", "addmm", "baddbmm", "addbmm", "linear", "addmv"}
RANKS = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1), "vdot": (1, 1), "addmm": (2, 2), "baddbmm": (3, 3)}


@dataclass(frozen=True, eq=False)
class Product:
    """One product: its function and the two factors."""

    case: Case
    operation: Operation
    left: Shaped
    right: Shaped

    @property
    def name(self) -> str:
        """The function's name."""
        return self.operation.name

    def fits(self, left: Shape | None, right: Shape | None, name: str = "") -> bool:
        """Whether the product of two such shapes can be had."""
        name = name or self.name
        if not left or not right:
            return False
        if name in RANKS and (len(left), len(right)) != RANKS[name]:
            return False
        if name in ("linear", "inner"):
            return left[-1] == right[-1] and (len(right) <= 2 or name == "inner")
        if name in ("bmm", "baddbmm") and left[0] != right[0]:
            return False
        inner = right[-2] if len(right) > 1 else right[-1]
        return left[-1] == inner and broadcast(left[:-2], right[:-2]) is not None


def product_shapes_dont_fit(case: Case) -> Iterator[Finding]:
    """TW211: the inner sizes of a matrix product differ, or the factors have other numbers of dimensions."""
    operation = case.operation
    if operation is None or operation.name not in PRODUCTS or case.layer is not None:
        return
    factors = shaped(case)
    skipped = int(operation.name in ("addmm", "baddbmm", "addbmm", "addmv"))
    if len(factors) < 2 + skipped:
        return
    product = Product(case, operation, factors[skipped], factors[skipped + 1])
    if product.fits(product.left.shape, product.right.shape):
        return
    what = note(
        "the product of {left} {left_shape} and {right} {right_shape} can't be formed",
        left=product.left.text, left_shape=str(product.left.shape),
        right=product.right.text, right_shape=str(product.right.shape),
    )  # fmt: skip
    why, seen = _why(product), seen_of(product.left, product.right)
    yield from ranked_findings(case, "TW211", what, why=why, candidates=_candidates(product), seen=seen)


def _why(product: Product) -> Words:
    """The rule of the function, and where the two inner sizes come from."""
    left, right, name = product.left, product.right, product.name
    if name in RANKS and (len(left.shape), len(right.shape)) != RANKS[name]:
        ranks = RANKS[name]
        return note(
            "{name} takes tensors of {one} and {other} dimensions, here they have {given_one} and {given_other}",
            name=name, one=ranks[0], other=ranks[1], given_one=len(left.shape), given_other=len(right.shape),
        )  # fmt: skip
    if not left.shape or not right.shape:
        return note("a product needs at least one dimension on each side; for a single number there is *")
    dim = _inner_dim(product)
    if left.shape[-1] == right.shape[dim]:
        return note("the batch dimensions {one} and {other} don't fit", one=left.shape[:-2], other=right.shape[:-2])
    rule = note(
        "the last dimension of the left must be the last but one of the right; here {one} meets {other}",
        one=left.shape[-1], other=right.shape[dim],
    )  # fmt: skip
    if name == "linear":
        rule = note(
            "the weight is (out, in), and in must be the last dimension of the input; here {other} meets {one}",
            one=left.shape[-1], other=right.shape[dim],
        )  # fmt: skip
    sizes = sizes_of(product.case)
    places = ((left, -1), (right, dim))
    stories = [story(product.case, sizes.origin(item.spot, at, item.shape[at]), item.text) for item, at in places]
    return sentences(rule, *stories)


def _inner_dim(product: Product) -> int:
    """The dimension of the right factor that must be the last of the left one."""
    return -1 if len(product.right.shape) == 1 or product.name in ("linear", "inner") else -2


def _candidates(product: Product) -> Iterator[Candidate]:
    """All single changes with which the product can be formed."""
    yield from _other_function(product)
    yield from _transposed(product)
    yield from _crossed(product)
    yield from _exchanged(product)
    yield from _vectors(product)
    yield from _sized(product)
    for item, other in ((product.left, product.right), (product.right, product.left)):
        yield from _edited(product, item, other)


def _rewritten(product: Product, text: str, cost: float, more: Words = "") -> Candidate:
    """The whole product written in another way."""
    node = product.operation.node
    return cost, Edit(product.case.spot(node), node, text, cost).change, more


def _other_function(product: Product) -> Iterator[Candidate]:
    """Matmul where mm, bmm or dot want other numbers of dimensions; a sum of products where vectors are meant."""
    left, right = product.left, product.right
    if product.name in RANKS and product.fits(left.shape, right.shape, "matmul") and "add" not in product.name:
        yield _rewritten(product, f"torch.matmul({left.text}, {right.text})", 1.2)
    is_rows = left.shape == right.shape and len(left.shape) > 1
    if product.name in ("dot", "vdot", "inner") and is_rows:
        yield _rewritten(product, f"({left.text} * {right.text}).sum(dim=-1)", 1.1)
    if product.name in ("bmm", "matmul") and is_rows and len(left.shape) == 2 and not _is_parameter(right):
        yield _rewritten(product, f"({left.text} * {right.text}).sum(dim=-1)", 2.3)


def _is_parameter(item: Shaped) -> bool:
    return isinstance(item.value, nn.Parameter)


def _transposed(product: Product) -> Iterator[Candidate]:
    """One factor transposed."""
    left, right, node = product.left, product.right, product.operation.node
    for item, other, cost in ((right, left, 1.6), (left, right, 1.95)):
        rank = len(item.shape)
        if rank < 2:
            continue
        shape = swapped(item.shape, (rank - 2, rank - 1))
        cost += 0.6 * (call_name(item.spot.node) in ("t", "transpose", "T", "mT"))
        if product.fits(*((other.shape, shape) if item is right else (shape, other.shape))):
            edit = attached(item.spot, ".T" if rank == 2 else ".transpose(-2, -1)", cost, "transposed", node)
            yield cost, edit.change, _result(product, item, shape)


def _crossed(product: Product) -> Iterator[Candidate]:
    """Two other dimensions of one factor exchanged, as heads and time."""
    left, right, node = product.left, product.right, product.operation.node
    for item, other in ((right, left), (left, right)):
        for text, pair in swaps(len(item.shape)) if len(item.shape) > 2 else ():
            shape = swapped(item.shape, pair)
            is_inner = set(pair) == {len(shape) - 1, len(shape) - 2}
            pair_of_shapes = (other.shape, shape) if item is right else (shape, other.shape)
            if not is_inner and product.fits(*pair_of_shapes):
                maker = product.case.flow.before(item.spot)
                is_here = maker is not None and maker.frame is item.spot.frame and isinstance(maker.node, ast.Call)
                place = maker if maker is not None and is_here and not maker.path else item.spot
                yield 1.7, attached(place, text, 1.7, "crossed", node if place is item.spot else None).change, ""


def _result(product: Product, item: Shaped, shape: Shape) -> Words:
    """What comes out with one factor in another shape."""
    left, right = (product.left.shape, shape) if item is product.right else (shape, product.right.shape)
    if len(left) < 2 or len(right) < 2 or product.name == "linear":
        return ""
    made = (*(broadcast(left[:-2], right[:-2]) or ()), left[-2], right[-1])
    return note("{left} times {right} gives {made}", left=str(left), right=str(right), made=str(made))


def _exchanged(product: Product) -> Iterator[Candidate]:
    """The factors in the other order: adj @ x for x @ adj, x @ weight.T for weight @ x."""
    left, right = product.left, product.right
    if product.name not in ("matmul", "mm"):
        return
    is_operator = isinstance(product.operation.node, ast.BinOp)
    form = "{} @ {}" if is_operator else f"torch.{product.name}({{}}, {{}})"
    is_operator_matrix = any(item.shape[-1:] == item.shape[-2:-1] or _is_parameter(item) for item in (left, right))
    if is_operator_matrix and product.fits(right.shape, left.shape):
        yield _rewritten(product, form.format(right.text, left.text), 1.75)
    if _is_parameter(left) and len(left.shape) == 2 and product.fits(right.shape, swapped(left.shape, (0, 1))):
        yield _rewritten(product, form.format(right.text, f"{left.text}.T"), 1.5)


def _vectors(product: Product) -> Iterator[Candidate]:
    """A vector for each sample as a matrix of one row or column; an image flattened."""
    left, right, node = product.left, product.right, product.operation.node
    if len(right.shape) >= 2:
        column = (*right.shape, 1)
        if product.fits(left.shape, column):
            yield 1.8, attached(right.spot, ".unsqueeze(-1)", 1.8, "column", node).change, ""
    row = (*left.shape[:-1], 1, left.shape[-1]) if left.shape else ()
    if len(left.shape) >= 2 and product.fits(row, right.shape):
        yield 1.85, attached(left.spot, ".unsqueeze(-2)", 1.85, "row", node).change, ""
    if len(left.shape) == 2 and len(right.shape) == 3:
        turned = swapped(right.shape, (1, 2))
        if product.fits(row, turned):
            text = f"({left.text}.unsqueeze(1) @ {right.text}.transpose(1, 2)).squeeze(1)"
            yield _rewritten(product, text, 2.0)
    if len(left.shape) > 2:
        flat = (left.shape[0], _product_of(left.shape[1:]))
        if product.fits(flat, right.shape):
            yield 1.3, attached(left.spot, ".flatten(1)", 1.3, "flattened", node).change, ""
    if product.name in ("bmm", "baddbmm") and len(right.shape) == 2 and product.fits(left.shape, right.shape, "matmul"):
        return


def _product_of(sizes: Shape) -> int:
    found = 1
    for size in sizes:
        found *= size
    return found


def _sized(product: Product) -> Iterator[Candidate]:
    """Another number where one of the two sizes was given."""
    left, right = product.left, product.right
    if not left.shape or not right.shape:
        return
    dim = _inner_dim(product)
    places = (left.spot, -1, left.shape[-1]), (right.spot, dim, right.shape[dim])
    if left.shape[-1] == right.shape[dim]:
        if len(left.shape) != 3 or len(right.shape) != 3 or left.shape[0] == right.shape[0]:
            return
        places = (left.spot, -3, left.shape[0]), (right.spot, -3, right.shape[0])
    for blame in blames(product.case, sizes_of(product.case), places[0], places[1]):
        yield blame.cost, blame.change, ""


def _edited(product: Product, item: Shaped, other: Shaped) -> Iterator[Candidate]:
    """Changes on the way of one factor."""

    def accept(value: Any) -> bool:
        shape = shape_of(value)
        if shape is None or shape == item.shape:
            return False
        return product.fits(shape, other.shape) if item is product.left else product.fits(other.shape, shape)

    for repair in repairs(sizes_of(product.case), item.spot, accept, product.operation.node):
        yield repair.cost, repair.edit.change, ""


RULES = (product_shapes_dont_fit,)
