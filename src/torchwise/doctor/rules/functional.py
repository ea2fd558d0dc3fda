"""F.linear and F.conv2d with a weight for other features than they get."""

from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.shapes import Way, way_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

CONVOLUTIONS = {"conv1d": 1, "conv2d": 2, "conv3d": 3}
NAMES = {"linear", *CONVOLUTIONS}


def weight_for_other_features(case: Case) -> Iterator[Finding]:
    """TW201, TW203: the second dimension of the weight is not the features (or channels) of the input."""
    operation = case.operation
    if case.layer is not None or operation is None or operation.is_method or operation.name not in NAMES:
        return
    way = way_of(case)
    inputs = way.failed.inputs if way.failed is not None else [o.value for o in operation.operands]
    given, weight = inputs[:2] if len(inputs) > 1 else (None, None)
    if not isinstance(given, Tensor) or not isinstance(weight, Tensor):
        return
    if operation.name == "linear" and weight.dim() == 2 and given.dim() and given.shape[-1] != weight.shape[1]:
        size, built = given.shape[-1], weight.shape[1]
        what = note("the linear layer gets {given} features, it was built for {built}", given=size, built=built)
        yield _finding(case, way, "TW201", what, weight, (weight.shape[0], size))
    spatial = CONVOLUTIONS.get(operation.name, 0)
    groups = operation.named("groups")
    count = groups.value if groups is not None and isinstance(groups.value, int) else 1
    if spatial and weight.dim() == spatial + 2 and given.dim() in (spatial + 1, spatial + 2):
        size, built = given.shape[-spatial - 1], weight.shape[1] * count
        if size != built and size % count == 0:
            what = note("the convolution gets {given} channels, it was built for {built}", given=size, built=built)
            yield _finding(case, way, "TW203", what, weight, (weight.shape[0], size // count, *weight.shape[2:]))


def _finding(case: Case, way: Way, code: str, what: Words, weight: Tensor, wanted: tuple[int, ...]) -> Finding:
    why = note(
        "the weight is {weight}: its second dimension must be the features of the input",
        weight=shape_text(weight.shape),
    )  # fmt: skip
    operand = case.operation.operands[1] if case.operation is not None and len(case.operation.operands) > 1 else None
    spot = way.origin(way.source(weight))
    if spot is None and operand is not None and operand.node is not None:
        spot = case.spot(operand.node)
    born = case.flow.born(spot) if spot is not None else None
    return case.finding(code, what, why=why, fix=note("a weight of {shape}", shape=shape_text(wanted)), mend=born)


RULES = (weight_for_other_features,)
