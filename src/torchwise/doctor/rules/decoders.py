"""Decoders that don't come back to the size of the image: transposed convolutions, padding, upsampling."""

from collections.abc import Iterator

from torch import Tensor
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.areas import settings, sizes_text, spatial_changes
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.compared import Compared
from torchwise.doctor.layerwise.data_sizes import sizes_behind
from torchwise.doctor.layerwise.expressions import whole_call
from torchwise.doctor.layerwise.options import padding_text, with_keywords, with_option
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Words
from torchwise.texts import note

Changes = list[tuple[Step, tuple[int, ...], tuple[int, ...]]]


def other_maps(case: Case, pair: Compared, what: Words) -> Iterator[Finding]:
    """TW223, TW202: output and target are maps of other heights and widths."""
    one, other = pair.one, pair.other
    if len(one) < 3 or len(one) != len(other) or one[:2] != other[:2] or one[2:] == other[2:]:
        return
    spatial = len(one) - 2
    changes = spatial_changes(pair.way, pair.traced_output, spatial)
    why: Words = note("{name} compares value by value: both must have the same shape", name=pair.name)
    if changes:
        why = note("the sizes on the way: {sizes}; the target has {wanted}", sizes=sizes_text(changes),
                   wanted=" x ".join(map(str, other[2:])))  # fmt: skip
    has_transposed = any(isinstance(step.module, _ConvTransposeNd) for step in pair.way.back(pair.traced_output))
    code = "TW223" if has_transposed else "TW202"
    change = mirrored(case, changes, other[2:])
    if change is not None:
        yield case.finding(code, what, why=why, fix=change.text, mend=change.mend)
        return
    smaller = _smaller_target(case, pair) if not any(b[-1] > a[-1] for _, a, b in changes) else None
    if smaller is not None:
        yield case.finding(code, what, why=why, fix=smaller.text, mend=smaller.mend)
        return
    if pair.output_spot is None:
        return
    size = f"{pair.target_spot.text}.shape[2:]" if pair.target_spot is not None else str(tuple(other[2:]))
    text = f"F.interpolate({pair.output_spot.text}, size={size})"
    change = rewritten(pair.output_spot, pair.output_spot.node, text)
    yield case.finding(code, what, why=why, fix=change.text, mend=change.mend)


def mirrored(case: Case, changes: Changes, wanted: tuple[int, ...]) -> Change | None:
    """The first layer that does not undo what the encoder did, with the settings with which it does."""
    narrowed = next((step for step, before, after in changes if _loses(step, before, after)), None)
    if narrowed is not None and narrowed.module is not None:
        told = settings(narrowed)
        assert told is not None, "asked before"
        padding = told["dilation"][-1] * (told["kernel_size"][-1] - 1) // 2
        return with_option(case, narrowed.module, "padding", padding_text(case, narrowed.module, padding))
    halved = {after: before for _, before, after in changes if after[-1] < before[-1]}
    grown = [item for item in changes if item[2][-1] > item[1][-1]]
    for index, (step, before, after) in enumerate(grown):
        target = wanted if index == len(grown) - 1 else halved.get(before)
        if target is None or target == after:
            continue
        return _undone(case, step, before, target)
    return None


def _smaller_target(case: Case, pair: Compared) -> Change | None:
    """The number that says how large the target is drawn, where the image's size is another one."""
    wanted, made = pair.one[-1], pair.other[-1]
    targets = sizes_behind(case, arrival_of(case, _origin(pair, pair.traced_target) or pair.target_spot), made)
    images = sizes_behind(case, arrival_of(case, _origin(pair, pair.traced_output)), made)
    own = [spot for spot in targets if all(spot.node is not other.node for other in images)]
    own = own or ([] if len(targets) != 1 or images else targets)
    return rewritten(own[0], own[0].node, str(wanted)) if len(own) == 1 else None


def _origin(pair: Compared, tensor: Tensor | None) -> Spot | None:
    return pair.way.origin(pair.way.source(tensor))


def _loses(step: Step, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a convolution of stride 1 only loses the border."""
    told = settings(step)
    is_plain = isinstance(step.module, _ConvNd) and not isinstance(step.module, _ConvTransposeNd)
    return told is not None and is_plain and max(told["stride"]) == 1 and after[-1] < before[-1]


def _undone(case: Case, step: Step, before: tuple[int, ...], target: tuple[int, ...]) -> Change | None:
    """A transposed convolution with the padding, output_padding or kernel that gives the wanted size."""
    module = step.module
    if not isinstance(module, _ConvTransposeNd):
        return None
    stride, dilation, kernel = module.stride[-1], module.dilation[-1], module.kernel_size[-1]
    assert isinstance(module.padding, tuple), "a transposed convolution has no padding by name"
    padding = int(module.padding[-1])
    base = (before[-1] - 1) * stride + dilation * (kernel - 1) + 1
    missing = target[-1] - (base - 2 * padding)
    if 0 <= missing < max(stride, dilation):
        return with_option(case, module, "output_padding", str(missing))
    if missing < 0 and missing % 2 == 0:
        return with_option(case, module, "padding", str(padding - missing // 2))
    if missing > 0 and missing % 2 == kernel % 2 == 0 and 2 * padding >= missing:
        return with_option(case, module, "padding", str(padding - missing // 2))
    site = case.site_of(module)
    if missing < 0 and stride > 1 and site is not None and not case.layers.argument(site, module, "padding"):
        options = {"padding": str(padding + (1 - missing) // 2), "output_padding": "1"}
        return whole_call(site, with_keywords(site.source.text(site.node), options))
    if missing > 0 and dilation == 1:
        return with_option(case, module, "kernel_size", str(kernel + missing))
    return None
