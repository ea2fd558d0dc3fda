"""Where a tensor from outside the model was made: the conversion from NumPy, the factory, the line of the data set."""

import ast
from dataclasses import dataclass

from torchwise.doctor import properties
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.expressions import with_suffix
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

SHAPING = {
    "permute", "transpose", "swapaxes", "moveaxis", "movedim", "unsqueeze", "squeeze", "reshape", "view", "flatten",
    "ravel", "T", "expand_dims", "rollaxis", "newaxis", "t", "mT",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arrival:
    """Where a tensor was made. of_sample: whether that is one sample, without the dimension of the batch.

    way: every expression from the model's argument back to there. shaped: those that move, add or drop dimensions.
    """

    spot: Spot
    of_sample: bool
    way: tuple[Spot, ...]
    shaped: tuple[Spot, ...]

    def changed(self, of_batch: str, of_sample: str) -> Change:
        """The tensor with a method called on it: one for a batch, one for a single sample."""
        return with_suffix(self.spot, self.spot.node, of_sample if self.of_sample else of_batch)


def arrival_of(case: Case, origin: Spot | None) -> Arrival | None:
    """Where the tensor of an expression was made; None if it can't be followed into the user's code."""
    if origin is None:
        return None
    way = [spot for spot in properties.trail(case.flow, origin, "device") if is_user_file(spot.file)]
    if not way:
        return None
    of_sample = was_sample = False
    shaped: list[Spot] = []
    for spot in way:
        in_sample = getattr(spot.source.scope_of(spot.node), "name", "") in ("__getitem__", "__iter__", "collate_fn")
        if in_sample and not was_sample:
            was_sample = of_sample = getattr(spot.source.scope_of(spot.node), "name", "") != "collate_fn"
        if (
            isinstance(spot.node, ast.Subscript)
            and of_sample
            and not isinstance(spot.node.slice, ast.Slice | ast.Tuple)
        ):
            of_sample = False
        name = spot.node.attr if isinstance(spot.node, ast.Attribute) else call_name(spot.node)
        if name in SHAPING or (isinstance(spot.node, ast.Subscript) and _adds(spot.node)):
            shaped.append(spot)
    return Arrival(way[-1], of_sample, tuple(way), tuple(shaped))


def _adds(node: ast.Subscript) -> bool:
    """Whether an index adds a dimension: x[None], x[:, None]."""
    return any(isinstance(item, ast.Constant) and item.value is None for item in ast.walk(node.slice))
