"""What the arguments of a call say of the dimensions of its result."""

import ast
import math
from dataclasses import dataclass
from typing import Any, Protocol

from torch import nn

from torchwise.doctor.flow import Flow
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of


@dataclass(frozen=True, eq=False)
class Passed:
    """Either `operand` and its dimension; or no operand, and what set the size: a number in the code, a layer."""

    operand: Spot | None
    dim: int
    number: Spot | None = None
    layer: nn.Module | None = None
    parameter: str = ""
    is_end: bool = True


class Looker(Protocol):
    """What is needed of `Sizes`."""

    flow: Flow

    def value(self, spot: Spot) -> Any:
        """The value of a spot."""

    def shape(self, spot: Spot) -> tuple[int, ...] | None:
        """Its shape."""

    def operand_with(self, spot: Spot, nodes: list[ast.expr], dim: int, size: int) -> Passed | None:
        """The operand whose dimension has that size."""


FACTORIES = {"zeros", "ones", "empty", "rand", "randn", "new_zeros", "new_ones", "new_empty", "random_sample"}


SIZED = {"full": 0, "randint": 2, "normal": 2, "new_full": 0, "uniform": 2, "random": 0, "standard_normal": 0,
         "integers": 2, "choice": 1, "poisson": 1, "exponential": 1}  # fmt: skip


LINES = {"arange", "linspace", "logspace", "randperm", "eye", "hamming_window", "hann_window"} | {
    "generate_square_subsequent_mask"
}


VIEWS = {"view", "reshape", "view_as", "reshape_as", "flatten", "ravel", "unflatten"}


def viewed(before: tuple[int, ...], after: tuple[int, ...], dim: int) -> int | None:
    """The dimension (from the end) that a view hands on as it is: as many values before it, and the same size."""
    index = len(after) + dim
    if not 0 <= index < len(after):
        return None
    ahead = math.prod(after[:index])
    for other in range(len(before)):
        if math.prod(before[:other]) == ahead and before[other] == after[index]:
            if after[index] == 1 and len(before) != len(after):
                continue
            return other - len(before)
    return None


def is_derived(look: Looker, number: Spot) -> bool:
    """Whether a number is read off a tensor: x.size(0), x.shape[1], len(x), -1, or a name for one of these."""
    text = look.flow.born(number).text
    return any(word in text for word in (".size(", ".shape", "len(")) or text == "-1"


def size_argument(
    look: Looker, spot: Spot, name: str, operands: list[ast.expr], dim: int, after: tuple[int, ...]
) -> Spot | None:
    """The expression of one size in the arguments of view, reshape, expand, repeat."""
    sizes = operands[1:]
    if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List):
        sizes = list(sizes[0].elts)
    if name in ("flatten", "ravel", "view_as", "reshape_as", "expand_as", "unflatten"):
        return None
    if len(sizes) != len(after) or any(isinstance(item, ast.Starred) for item in sizes):
        return None
    return spot.at(sizes[len(after) + dim], ())


def permutation(look: Looker, spot: Spot, name: str, operands: list[ast.expr], rank: int) -> list[int] | None:
    """For each dimension of the result the one of the input that it is."""
    if name == "t":
        return list(reversed(range(rank)))
    values = [look.value(spot.at(item, ())) for item in operands[1:]]
    if len(values) == 1 and isinstance(values[0], list | tuple):
        values = list(values[0])
    if not values and isinstance(spot.node, ast.Call):
        dims = keyword_of(spot.node, "dims")
        values = list(look.value(spot.at(dims, ())) or ()) if dims is not None else []
    if not all(isinstance(value, int) and -rank <= value < rank for value in values):
        return None
    values = [value % rank for value in values]
    if name == "permute":
        return values if len(values) == rank else None
    if len(values) != 2:
        return None
    order = list(range(rank))
    if name in ("movedim", "moveaxis"):
        order.remove(values[0])
        order.insert(values[1], values[0])
        return order
    order[values[0]], order[values[1]] = values[1], values[0]
    return order


def reduced_dims(look: Looker, spot: Spot, first: Spot) -> list[int] | None:
    """The dimensions that a reduction is asked for; none where it takes all."""
    node = spot.node
    if not isinstance(node, ast.Call):
        return None
    is_method = isinstance(node.func, ast.Attribute) and node.func.value is first.node
    arguments = node.args if is_method else node.args[1:]
    given = keyword_of(node, "dim") or keyword_of(node, "axis")
    if given is None:
        given = next((a for a in arguments), None)
    value = look.value(spot.at(given, ())) if given is not None else None
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return [item for item in value if isinstance(item, int)] if isinstance(value, list | tuple) else None


def along_dim(look: Looker, spot: Spot, name: str, rank: int) -> int | None:
    """The dimension along which cat or stack joins, from the front."""
    if name in ("hstack", "vstack"):
        return 1 if name == "hstack" and rank > 1 else 0
    node = spot.node
    if not isinstance(node, ast.Call):
        return None
    given = keyword_of(node, "dim") or keyword_of(node, "axis") or next(iter(node.args[1:]), None)
    value = 0 if given is None else look.value(spot.at(given, ()))
    return value % rank if isinstance(value, int) and rank else None
