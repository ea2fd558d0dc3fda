"""A loss that compares value by value: its output and its target, with their expressions and how they came about."""

from dataclasses import dataclass

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.shapes import Way, shape_of, way_of
from torchwise.doctor.spots import Spot

NAMES = {
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "soft_margin_loss", "hinge_embedding_loss",
    "multilabel_soft_margin_loss", "multilabel_margin_loss",
}  # fmt: skip
SAME_SHAPE = {"binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_margin_loss"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """output and target: the tensors; the traced ones (without numbers) where the call could be made again.

    output_spot, target_spot: their expressions in the user's line.
    """

    name: str
    output: Tensor
    target: Tensor
    traced_output: Tensor | None
    traced_target: Tensor | None
    output_spot: Spot | None
    target_spot: Spot | None
    way: Way

    @property
    def one(self) -> tuple[int, ...]:
        """The shape of the output."""
        return shape_of(self.output)

    @property
    def other(self) -> tuple[int, ...]:
        """The shape of the target."""
        return shape_of(self.target)


def compared(case: Case) -> Compared | None:
    """The comparison that failed for its shapes; None if no such loss did."""
    frame = case.passed(*NAMES)
    if frame is None:
        return None
    output, target = frame.locals.get("input"), frame.locals.get("target")
    if not isinstance(output, Tensor) or not isinstance(target, Tensor):
        return None
    if output.shape == target.shape or not (frame.function in SAME_SHAPE or _clash(output, target)):
        return None
    way = way_of(case)
    inputs = way.failed.inputs if way.failed is not None else []
    traced = [next((t for t in inputs if shape_of(t) == shape_of(real)), None) for real in (output, target)]
    return Compared(
        name=frame.function, output=output, target=target, traced_output=traced[0],
        traced_target=traced[1], output_spot=_spot(case, output, 0), target_spot=_spot(case, target, 1), way=way,
    )  # fmt: skip


def subtracted(case: Case) -> Compared | None:
    """The same for an output minus a target, written by hand outside of any module that has weights."""
    way = way_of(case)
    step = way.failed
    if step is None or step.name not in ("sub", "__sub__", "rsub") or len(step.inputs) != 2:
        return None
    if any(True for module in step.within for _ in module.parameters()):
        return None
    one, other = step.inputs
    made = [any(item.module is not None for item in way.back(tensor)) for tensor in (one, other)]
    if made[0] == made[1] or not _clash(one, other):
        return None
    output, target = (one, other) if made[0] else (other, one)
    positions = (0, 1) if made[0] else (1, 0)
    return Compared(
        name="-", output=output, target=target, traced_output=output, traced_target=target,
        output_spot=_spot(case, output, positions[0]), target_spot=_spot(case, target, positions[1]), way=way,
    )  # fmt: skip


def _clash(one: Tensor, other: Tensor) -> bool:
    """Whether two shapes don't broadcast."""
    pairs = zip(reversed(one.shape), reversed(other.shape), strict=False)
    return any(a != b and 1 not in (a, b) for a, b in pairs)


def _spot(case: Case, value: Tensor, position: int) -> Spot | None:
    """The expression of an operand in the user's line."""
    operation = case.operation
    if operation is None or case.frame is None:
        return None
    tensors = [o for o in operation.operands if o.node is not None and isinstance(o.value, Tensor)]
    found = next((o for o in tensors if o.value is value), None)
    if found is None and len(tensors) > position:
        found = tensors[position]
    if found is None:
        others = [o for o in operation.operands if o.node is not None]
        found = others[position] if len(others) > position else None
    return case.spot(found.node) if found is not None and found.node is not None else None
