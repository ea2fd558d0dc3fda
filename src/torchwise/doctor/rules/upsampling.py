"""Maps that were halved and doubled again without coming back to their size."""

import ast

from torch import Tensor
from torch.nn.modules.conv import _ConvTransposeNd

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.layers import rewritten
from torchwise.doctor.layerwise.areas import sizes_text, spatial_changes
from torchwise.doctor.layerwise.options import with_option
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way, shape_of
from torchwise.doctor.spots import Spot
from torchwise.finding import Mend, Words
from torchwise.texts import note

Mended = tuple[Words, Words, Mend | Spot | None]


def size_restored(
    case: Case, way: Way, step: Step, around: Tensor, through: Tensor, steps: tuple[Step, ...]
) -> Mended | None:
    """How the upsampled maps get the size of the skip connection; None if nothing is upsampled."""
    spatial = through.dim() - 2
    grown = [s for s in steps if s.given and s.shape and len(s.given) == len(s.shape) and s.shape[-1] > s.given[-1] > 1]
    if spatial < 1 or not grown:
        return None
    last = grown[-1]
    wanted, made = shape_of(around)[-spatial:], shape_of(through)[-spatial:]
    why: Words = note(
        "the sizes on the way: {sizes}; the skip connection has {wanted}",
        sizes=sizes_text(spatial_changes(way, through, spatial)), wanted=" x ".join(map(str, wanted)),
    )  # fmt: skip
    if max(abs(w - m) for w, m in zip(wanted, made, strict=True)) > 3:
        return _other_level(case, way, step, around, why)
    is_even = all(w % 2 == 0 for w in wanted)
    if is_even and isinstance(last.module, _ConvTransposeNd):
        missing = wanted[-1] - made[-1]
        padding = last.module.output_padding[-1] + missing
        stride = last.module.stride[-1]
        if 0 <= padding < max(stride, last.module.dilation[-1]):
            change = with_option(case, last.module, "output_padding", str(padding))
            if change is not None:
                return why, change.text, change.mend
    return _interpolated(way, step, around, through, why)


def _interpolated(way: Way, step: Step, around: Tensor, through: Tensor, why: Words) -> Mended:
    """The upsampled maps brought to the size of the skip connection, in the line that joins them."""
    names = {id(around): "", id(through): ""}
    spot = way.users_spot(step)
    parts: list[ast.expr] = []
    if spot is not None and isinstance(spot.node, ast.Call) and spot.node.args:
        first = spot.node.args[0]
        parts = first.elts if isinstance(first, ast.List | ast.Tuple) else spot.node.args[:2]
    elif spot is not None and isinstance(spot.node, ast.BinOp):
        parts = [spot.node.left, spot.node.right]
    if spot is not None:
        for part, tensor in zip(parts, step.inputs, strict=False):
            names[id(tensor)] = spot.source.text(part)
    skip, grown = names[id(around)] or "skip", names[id(through)] or "x"
    text = f"F.interpolate({grown}, size={skip}.shape[2:])"
    node = next((part for part, tensor in zip(parts, step.inputs, strict=False) if tensor is through), None)
    change = rewritten(spot, node, text) if spot is not None and node is not None else None
    return why, change.text if change is not None else text, change.mend if change is not None else spot


def _other_level(case: Case, way: Way, step: Step, around: Tensor, why: Words) -> Mended:
    """The skip connection of another level was taken: where it was picked from the list."""
    spot = way.users_spot(step)
    fix = note("join the maps of the same level: the last that was kept comes first")
    if spot is None:
        return why, fix, None
    for node in ast.walk(spot.node):
        found = binding_of(spot.source, node.id, node) if isinstance(node, ast.Name) else None
        if found is not None and isinstance(found[0].node, ast.Call | ast.Subscript):
            text = spot.source.text(found[0].node)
            if "pop(" in text:
                change = rewritten(spot, found[0].node, text.replace("pop(0)", "pop()"))
                return why, change.text, change.mend
            if isinstance(found[0].node, ast.Subscript):
                return why, fix, spot.at(found[0].node, ())
        if found is not None and found[0].kind == "element":
            return why, fix, spot.at(found[0].node, ())
    return why, fix, spot
