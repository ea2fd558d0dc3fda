"""How values are described: tensors by shape, dtype and device, modules by their settings, the rest briefly."""

import itertools
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.finding import Seen, Words
from torchwise.texts import Text, note

LONGEST = 60
MOST_ITEMS = 4  # of a list or a dict are shown
UNSIGNED = ("torch.uint16", "torch.uint32", "torch.uint64")  # they have no min() and max()


def dtype_name(dtype: Any) -> str:
    """float32, as PyTorch's users say it."""
    return str(dtype).removeprefix("torch.")


def shape_text(shape: Any) -> str:
    """(64, 1568)."""
    return str(tuple(int(size) for size in shape))


def module_text(module: nn.Module) -> str:
    """Linear(in_features=3136, out_features=64, bias=True); of a container only its class."""
    try:
        return f"{type(module).__name__}({module.extra_repr()})" if not list(module.children()) else (
            f"{type(module).__name__}(...)"
        )  # fmt: skip
    except Exception:  # the user's extra_repr may fail on a module that is half built
        return f"{type(module).__name__}(...)"


def seen(name: str, value: Any) -> Seen | None:
    """The value as a finding shows it; None for what tells nothing (functions, modules of Python, None)."""
    if isinstance(value, Tensor):
        return Seen(
            name=name, shape=tuple(value.shape), dtype=dtype_name(value.dtype),
            device=None if value.device.type == "meta" else str(value.device),  # meta: computed again, by shape alone
            text=_range(value),
        )  # fmt: skip
    if isinstance(value, nn.Module):
        return Seen(name=name, text=module_text(value))
    if type(value).__module__ == "numpy" and hasattr(value, "dtype") and hasattr(value, "shape"):
        return Seen(name=name, shape=tuple(value.shape), dtype=str(value.dtype), device="numpy")
    if isinstance(value, list | tuple) and value and all(isinstance(item, Tensor) for item in value):
        shapes = ", ".join(shape_text(item.shape) for item in value[:4]) + (", ..." if len(value) > 4 else "")
        return Seen(name=name, text=listed(value, shapes))
    if isinstance(value, torch.dtype | torch.device | bool | int | float | str | tuple | list | dict | torch.Size):
        text = _brief(value)
        return Seen(name=name, text=text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")
    return None


def _brief(value: Any) -> str:
    """A value in one line: tensors by shape, the first items of lists and dicts, no object's own repr."""
    if isinstance(value, Tensor):
        return f"{type(value).__name__} {shape_text(value.shape)}"
    if isinstance(value, dict):
        items = [f"{_brief(key)}: {_brief(item)}" for key, item in itertools.islice(value.items(), MOST_ITEMS)]
        return "{" + ", ".join(items + ["..."] * (len(value) > MOST_ITEMS)) + "}"
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        items = [_brief(item) for item in value[:MOST_ITEMS]] + ["..."] * (len(value) > MOST_ITEMS)
        inside = ", ".join(items)
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)" if len(items) == 1 else f"({inside})"
    if value is None or isinstance(
        value, torch.dtype | torch.device | torch.Size | int | float | complex | str | bytes
    ):
        return repr(value)
    return type(value).__name__


def listed(value: list[Any] | tuple[Any, ...], shapes: str) -> Text:
    """Tuple of 2: and the shapes in it."""
    return note("{kind} of {count}: {shapes}", kind=type(value).__name__, count=len(value), shapes=shapes)


def _range(value: Tensor) -> Words:
    """The least and greatest value of integers: labels and indices are judged by them."""
    if value.dtype.is_floating_point or value.dtype.is_complex or value.device.type == "meta" or value.dim() == 0:
        return ""
    if (
        str(value.dtype) in UNSIGNED
        or value.dtype == torch.bool
        or not 0 < value.numel() <= 1 << 22
        or value.device.type != "cpu"
    ):
        return ""
    return note("values {low} to {high}", low=int(value.min()), high=int(value.max()))


def product_text(sizes: Any) -> str:
    """32·7·7."""
    return "·".join(str(int(size)) for size in sizes)
