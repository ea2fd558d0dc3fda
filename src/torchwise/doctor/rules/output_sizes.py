"""Transposed convolutions that are asked for an output they can't give: output_padding and output_size."""

from collections.abc import Iterator

from torch import Tensor
from torch.nn.modules.conv import _ConvTransposeNd

from torchwise.doctor.case import Case
from torchwise.doctor.layers import rewritten
from torchwise.doctor.layerwise.options import with_option
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note


def output_padding_too_large(case: Case) -> Iterator[Finding]:
    """TW223: output_padding must be smaller than the stride or the dilation."""
    layer = case.layer
    if not isinstance(layer, _ConvTransposeNd) or "output" not in case.text or case.passed("_output_padding"):
        return
    limits = [max(stride, dilation) for stride, dilation in zip(layer.stride, layer.dilation, strict=True)]
    if all(padding < limit for padding, limit in zip(layer.output_padding, limits, strict=True)):
        return
    given, limit = max(layer.output_padding), min(limits)
    what = note("output_padding is {given}, it must be less than {limit}", given=given, limit=limit)
    why = note(
        "it chooses among the sizes that a convolution of stride {limit} maps to one; there are {limit}", limit=limit
    )
    change = with_option(case, layer, "output_padding", str(limit - 1))
    fix: Words = change.text if change is not None else f"output_padding={limit - 1}"
    yield case.finding("TW223", what, why=why, fix=fix, mend=change.mend if change is not None else case.site_of(layer))


def output_size_out_of_reach(case: Case) -> Iterator[Finding]:
    """TW223: output_size is none of the sizes that the layer's stride allows."""
    frame, layer, given = case.passed("_output_padding"), case.layer, case.layer_input
    if frame is None or not isinstance(layer, _ConvTransposeNd) or not isinstance(given, Tensor):
        return
    wanted = frame.locals.get("output_size")
    if not isinstance(wanted, list | tuple) or not isinstance(layer.padding, tuple):
        return
    spatial = len(layer.kernel_size)
    wanted = tuple(int(size) for size in wanted)[-spatial:]
    least = tuple(
        (size - 1) * layer.stride[i] - 2 * layer.padding[i] + layer.dilation[i] * (layer.kernel_size[i] - 1) + 1
        for i, size in enumerate(given.shape[-spatial:])
    )
    most = tuple(size + layer.stride[i] - 1 for i, size in enumerate(least))
    what = note(
        "output_size {wanted} is asked for; the layer can give {least} to {most}", wanted=wanted, least=least, most=most
    )
    why = note("(size - 1)·stride - 2·padding + kernel is the least, stride - 1 more the most")
    nearest = tuple(min(max(w, a), b) for w, a, b in zip(wanted, least, most, strict=True))
    named = case.operation.named("output_size") if case.operation is not None else None
    mend: Mend | None = None
    fix: Words = f"output_size={nearest}"
    if named is not None and named.node is not None:
        change = rewritten(case.spot(named.node), named.node, str(nearest))
        fix, mend = change.text, change.mend
    yield case.finding("TW223", what, why=why, fix=fix, mend=mend)


RULES = (output_padding_too_large, output_size_out_of_reach)
