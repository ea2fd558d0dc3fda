"""Height and width (or length) along the way: what each layer makes of them, and what it was told to."""

from typing import Any

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.pooling import _AvgPoolNd, _LPPoolNd, _MaxPoolNd

from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way, shape_of

TURNS = {"permute", "transpose", "t", "T", "mT", "swapaxes", "swapdims", "movedim", "moveaxis"}
NAMES = ("kernel_size", "stride", "padding", "dilation")


def settings(step: Step) -> dict[str, tuple[int, ...]] | None:
    """Kernel, stride, padding and dilation of a convolution or pooling, by dimension; None for anything else."""
    if isinstance(step.module, _ConvNd | _MaxPoolNd | _AvgPoolNd | _LPPoolNd):
        values = {name: getattr(step.module, name, None) for name in NAMES}
        spatial = (
            len(step.module.kernel_size) if isinstance(step.module, _ConvNd) else _spatial(type(step.module).__name__)
        )
    elif any(step.name.startswith(name) for name in ("max_pool", "avg_pool", "conv")) and step.name[-1:] == "d":
        spatial = _spatial(step.name)
        values = dict(zip(NAMES, step.arguments[1:], strict=False)) | step.named
        if step.name.startswith("conv"):
            if len(step.inputs) < 2:
                return None
            options = dict(zip(("stride", "padding", "dilation"), step.arguments[3:], strict=False)) | step.named
            values = {**options, "kernel_size": shape_of(step.inputs[1])[2:]}
    else:
        return None
    if not spatial or isinstance(step.module, _ConvTransposeNd):
        return None
    kernel = _each(values.get("kernel_size"), spatial, 1)
    is_pool = "pool" in step.name.lower()
    stride = _each(values.get("stride"), spatial, kernel if is_pool else 1)
    padding = _each(values.get("padding") if not isinstance(values.get("padding"), str) else 0, spatial, 0)
    return {
        "kernel_size": kernel, "stride": stride, "padding": padding,
        "dilation": _each(values.get("dilation"), spatial, 1),
    }  # fmt: skip


def _spatial(name: str) -> int:
    return int(name[-2]) if name[-1:] == "d" and name[-2:-1].isdigit() else 0


def _each(value: Any, spatial: int, default: Any) -> tuple[int, ...]:
    """One number for each dimension."""
    value = default if value is None or value == () else value
    if isinstance(value, int):
        return (value,) * spatial
    return tuple(int(item) for item in value) * (spatial if len(value) == 1 else 1)


def leaves(sizes: tuple[int, ...], told: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The sizes that a convolution or pooling makes of others: floor((size + 2p - d(k - 1) - 1) / s) + 1."""
    return tuple(
        (size + 2 * told["padding"][i] - told["dilation"][i] * (told["kernel_size"][i] - 1) - 1) // told["stride"][i]
        + 1
        for i, size in enumerate(sizes)
    )


def spatial_changes(
    way: Way, tensor: Tensor | None, spatial: int
) -> list[tuple[Step, tuple[int, ...], tuple[int, ...]]]:
    """The steps that changed height and width on the way to a tensor, the first of them first: step, before, after."""
    found = []
    for step in way.back(tensor):
        given, made = step.given, step.shape
        if step.name in TURNS or given is None or made is None or len(given) != len(made) or len(made) < spatial + 1:
            break
        if given[-spatial:] != made[-spatial:]:
            found.append((step, given[-spatial:], made[-spatial:]))
    return found[::-1]


def sizes_text(changes: list[tuple[Step, tuple[int, ...], tuple[int, ...]]]) -> str:
    """28 x 28 → 14 x 14 → 7 x 7."""
    if not changes:
        return ""
    sizes = [changes[0][1], *(after for _, _, after in changes)]
    return " → ".join(" x ".join(map(str, size)) for size in sizes)


def is_spatial(module: nn.Module | None) -> bool:
    """Whether a module is a convolution or a pooling."""
    return isinstance(module, _ConvNd | _MaxPoolNd | _AvgPoolNd | _LPPoolNd)
