"""Where a tensor from outside the model was made: the conversion from NumPy, the factory, the line of the data set."""

import ast
from dataclasses import dataclass, replace

from torchwise.doctor import properties
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.expressions import with_suffix
from torchwise.doctor.layerwise.memories import put_in_memory
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

SHAPING = {
    "permute", "transpose", "swapaxes", "moveaxis", "movedim", "unsqueeze", "squeeze", "reshape", "view", "flatten",
    "ravel", "T", "expand_dims", "rollaxis", "newaxis", "t", "mT",
}  # fmt: skip


CONVERTING = {"from_numpy", "as_tensor", "tensor", "FloatTensor", "Tensor"}
COMPUTING = {"stft", "rfft", "fft", "fft2", "rfft2", "einsum", "matmul", "mm", "outer"}
DEEPEST = 40


@dataclass(frozen=True, eq=False)
class Arrival:
    """Where a tensor was made. of_sample: whether that is one sample, without the dimension of the batch.

    way: every expression from the model's argument back to there. shaped: those that move, add or drop dimensions.
    """

    spot: Spot
    of_sample: bool
    way: tuple[Spot, ...]
    shaped: tuple[Spot, ...]

    def ended(self) -> "Arrival":
        """The same at what the function returns where the tensor was computed, and not only converted or made."""
        source = self.spot.source
        scope = source.scope_of(self.spot.node)
        if call_name(self.spot.node) not in COMPUTING:
            return self
        ends = [
            spot for spot in self.way
            if spot.source is source and source.scope_of(spot.node) is scope
            and isinstance(source.statement_of(spot.node), ast.Return)
        ]  # fmt: skip
        return replace(self, spot=ends[0]) if ends else self

    def changed(self, of_batch: str, of_sample: str) -> Change:
        """The tensor with a method called on it: one for a batch, one for a single sample."""
        return with_suffix(self.spot, self.spot.node, of_sample if self.of_sample else of_batch)


def arrival_of(case: Case, origin: Spot | None) -> Arrival | None:
    """Where the tensor of an expression was made; None if it can't be followed into the user's code."""
    if origin is None:
        return None
    # A spot with a path is a tuple or a batch of which only a part is meant.
    way = [spot for spot in _way_back(case, origin) if is_user_file(spot.file) and not spot.path]
    if not way:
        return None
    if (made := _made_in_pipeline(case, way[-1])) is not None:
        way.append(made)
    of_sample = was_sample = False
    shaped: list[Spot] = []
    for spot in way:
        scope = getattr(spot.source.scope_of(spot.node), "name", "")
        if scope in ("__getitem__", "__iter__") and not was_sample:
            was_sample = of_sample = True
        is_index = isinstance(spot.node, ast.Subscript) and not isinstance(spot.node.slice, ast.Slice | ast.Tuple)
        if is_index and of_sample and not isinstance(spot.node.slice, ast.Constant):  # type: ignore[attr-defined]
            of_sample = False
        of_sample = of_sample or _is_batched(spot.node)
        name = spot.node.attr if isinstance(spot.node, ast.Attribute) else call_name(spot.node)
        if name in SHAPING or (isinstance(spot.node, ast.Subscript) and _adds(spot.node)):
            shaped.append(spot)
    return Arrival(way[-1], of_sample, tuple(way), tuple(shaped))


def _way_back(case: Case, origin: Spot) -> list[Spot]:
    """Every expression from one back to where its tensor was made, through views and copies."""
    found: list[Spot] = []
    here = origin
    for _ in range(DEEPEST):
        found += [spot for spot in case.flow.trail(here) if spot not in found]
        made = found[-1]
        operands = [made.at(node, ()) for node in properties.kept_operands(made.node, "device")]
        if not operands and (put := put_in_memory(case.flow, made)) is not None:
            operands = [put]
        if not operands:
            break
        here = next((operand for operand in operands if operand.value() is not None), operands[0])
    return found


def _made_in_pipeline(case: Case, spot: Spot) -> Spot | None:
    """The conversion to a tensor in one of the transforms that a pipeline is built of: Compose(Crop(), ToTensor())."""
    if not isinstance(spot.node, ast.Call):
        return None
    born = case.flow.born(spot.at(spot.node.func, ()))
    if not isinstance(born.node, ast.Call):
        return None
    names = {node.id for node in ast.walk(born.node) if isinstance(node, ast.Name)}
    for node in ast.walk(born.source.tree):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name not in names:
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and call_name(inner) in CONVERTING:
                return Spot(born.source, inner)
    return None


def _is_batched(node: ast.AST) -> bool:
    """Whether one sample becomes a batch: torch.stack(samples), x.unsqueeze(0), x[None]."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value is None
    last = node.args[-1] if isinstance(node, ast.Call) and node.args else None
    is_first = isinstance(last, ast.Constant) and last.value == 0
    return call_name(node) == "stack" or (call_name(node) in ("unsqueeze", "expand_dims") and is_first)


def _adds(node: ast.Subscript) -> bool:
    """Whether an index adds a dimension: x[None], x[:, None]."""
    return any(isinstance(item, ast.Constant) and item.value is None for item in ast.walk(node.slice))
