"""What the rules of dtypes, labels and devices ask of a case: ways back, casts and the places where they are written."""

import ast
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.births.casts import recast
from torchwise.doctor.births.choosing import place_to_cast
from torchwise.doctor.births.dtypes import Dtypes
from torchwise.doctor.births.way import Way
from torchwise.doctor.births.words import FLOATS, named
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.finding import Words
from torchwise.texts import note

_kept: "list[Tracer]" = []  # the tracer of the case in hand


class Tracer:
    """Ways of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.sizes = sizes_of(case)
        self.dtypes = Dtypes(self.sizes)

    def way_of_dtype(self, spot: Spot, wrong: str) -> Way:
        """The way of an expression back to where it became of the dtype `wrong`."""

        def is_wrong(operand: Spot) -> bool | None:
            dtype = self.dtypes.of(operand)
            return dtype == wrong if dtype else None

        return Way(self.case.flow, spot, "dtype", is_wrong)

    def cast(self, spot: Spot, wrong: str, to: str, value: Any = None) -> Change:
        """The change that makes an expression arrive as `to`, at the line where that is best written."""
        place = place_to_cast(self.dtypes, self.way_of_dtype(spot, wrong), wrong, to)
        scale = wrong == "uint8" and to in FLOATS and isinstance(value, Tensor) and value.dim() >= 3
        return recast(self.dtypes, place, to, scale=scale)

    def cast_here(self, spot: Spot, to: str) -> Change:
        """The change that casts an expression where it stands."""
        return recast(self.dtypes, spot, to)

    def value(self, spot: Spot) -> Any:
        """The value of an expression as it was, if it can be had."""
        return self.sizes.value(spot)


def tracer(case: Case) -> Tracer:
    """The tracer of a case, kept for all rules."""
    if not _kept or _kept[0].case is not case:
        _kept[:] = [Tracer(case)]
    return _kept[0]


def weight_of(layer: nn.Module) -> Tensor | None:
    """The first of a layer's own weights; a running statistic where it has none."""
    own = [*layer.parameters(recurse=True), *(b for b in layer.buffers() if b.is_floating_point())]
    return next((tensor for tensor in own if tensor.is_floating_point() or tensor.is_complex()), None)


def user_spot(case: Case, value: Any) -> Spot | None:
    """The expression of the user's line whose value a layer of torch's got; of several the one alike in dtype."""
    exact = case.operand_spot(value)
    if exact is not None or case.operation is None or case.frame is None:
        return exact
    operands = [o for o in case.operation.operands if o.node is not None and not isinstance(o.node, ast.Constant)]
    alike = [
        o for o in operands
        if isinstance(o.value, Tensor) and isinstance(value, Tensor)
        and o.value.dtype == value.dtype and o.value.device == value.device
    ]  # fmt: skip
    unknown = [o for o in operands if o.value is None]
    chosen = alike or unknown or (operands if len(operands) == 1 else [])
    node = chosen[0].node if chosen else None
    return case.spot(node) if node is not None else None


def since(place: Change, dtype: Any) -> Words:
    """Where a value became what it is."""
    spot = place.spot
    name = spot.file.replace(chr(92), "/").rsplit("/", 1)[-1]
    return note("it is made {dtype} at {place}", dtype=dtype if isinstance(dtype, str) else named(dtype),
                place=f"{name}:{spot.line}")  # fmt: skip
