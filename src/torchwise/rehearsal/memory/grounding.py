"""Where a replay computes: all devices that a program names are the one without numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _device as default

STAYING = {Tensor.cuda, Tensor.cpu, Tensor.pin_memory}


class Grounding(TorchFunctionMode):
    """Tensors are made on `ground`, and none leaves it."""

    def __init__(self, ground: str) -> None:
        super().__init__()
        self.ground = ground
        self.is_on = True
        self.makers = default._device_constructors()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One call of torch's from Python."""
        kwargs = dict(kwargs or {})
        if not self.is_on:
            return func(*args, **kwargs)
        if func in STAYING:
            return args[0]
        if func is Tensor.to:
            return self._to(func, args, kwargs)
        if func in self.makers or kwargs.get("device") is not None:
            kwargs.pop("pin_memory", None)
            kwargs["device"] = self.ground
        return func(*args, **kwargs)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Tensors are made where they are asked for meanwhile."""
        self.is_on = False
        try:
            yield
        finally:
            self.is_on = True

    def _to(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """tensor.to(device, dtype), of which the dtype is left."""
        kwargs.pop("device", None)
        kwargs.pop("non_blocking", None)
        rest = [item for item in args[1:] if not isinstance(item, str | int | torch.device | None)]
        return func(args[0], *rest, **kwargs) if rest or kwargs else args[0]
