"""What a program asks of a tensor and where it puts it: .device, .to("cuda"), zeros(..., device=...), .numpy()."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _device as default

from torchwise.rehearsal.pretend.labels import CPU, Labels
from torchwise.rehearsal.pretend.operating import tensors_in, type_name

Answer = Callable[[Labels, Any, tuple[Any, ...], dict[str, Any]], Any]


class Asking(TorchFunctionMode):
    """Answers with the labels what depends on a device; all else is computed as ever."""

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels
        self.answers = answers()
        self.makers = default._device_constructors()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One call of torch's from Python."""
        kwargs = dict(kwargs or {})
        answer = self.answers.get(func)
        if answer is not None:
            return answer(self.labels, func, args, kwargs)
        if func in self.makers or kwargs.get("device") is not None:
            return self._make(func, args, kwargs)
        with self.labels.telling(self._around(args)):
            return func(*args, **kwargs)

    def _around(self, args: Any) -> torch.device | None:
        """Where C++ makes what it needs beside the tensors that it was given."""
        if self.labels.told is not None:
            return self.labels.told
        return next((self.labels.of(tensor) for tensor in tensors_in(args)), None)

    def _make(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """A new tensor, on the device that was named, else on the default one."""
        labels = self.labels
        named = kwargs.get("device")
        given = next((labels.of(tensor) for tensor in tensors_in(args)), None)
        there = labels.wanted(default.CURRENT_DEVICE if named is None else named)
        there = there or given or CPU
        if there.type not in ("cpu", labels.device.type):
            return func(*args, **kwargs)
        _compare_generator(kwargs.get("generator"), there)
        if kwargs.pop("pin_memory", False) and there == labels.device:
            raise RuntimeError("Only dense CPU tensors can be pinned")
        with labels.telling(there):
            made = func(*args, **{**kwargs, "device": labels.ground if there == labels.device else "cpu"})
        if not isinstance(made, Tensor) or labels.of(made) == there:
            return made
        if func in (torch.as_tensor, torch.asarray) or there == CPU:
            return moved(labels, made, there)
        labels.put(made)
        return made


def _compare_generator(generator: Any, there: torch.device) -> None:
    """A generator draws on its own device alone."""
    here = torch.device("cpu" if generator is None else getattr(generator, "pretended", "cpu"))
    if generator is not None and here.type != there.type:
        raise RuntimeError(f"Expected a '{there.type}' device type for generator but found '{here.type}'")


def moved(labels: Labels, tensor: Tensor, there: torch.device) -> Tensor:
    """A copy on another device, through which gradients come back to where the tensor is."""
    here = labels.of(tensor)
    if here == there or torch.nn.parameter.is_lazy(tensor):  # a lazy one has no numbers yet
        return tensor
    if torch.is_grad_enabled() and tensor.requires_grad:
        result: Tensor = _Move.apply(tensor, labels, here, there)
        return result
    with labels.telling(there):
        return tensor.clone()


class _Move(torch.autograd.Function):
    """The copy to another device that a gradient can go back along."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, labels: Labels, here: torch.device, there: torch.device) -> Tensor:
        """The copy."""
        ctx.way = labels, here, there
        with labels.telling(there):
            return tensor.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        """The gradient, back on the device of the tensor."""
        labels, here, _ = ctx.way
        return moved(labels, gradient, here), None, None, None


def _to(labels: Labels, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """tensor.to(device | dtype | other, ...)."""
    tensor, *rest = args
    there = labels.wanted(kwargs.get("device"))
    other = rest[0] if rest and isinstance(rest[0], Tensor) else kwargs.get("other")
    if isinstance(other, Tensor):
        there = labels.of(other)
        rest, kwargs = [other.dtype, *rest[1:]], {k: v for k, v in kwargs.items() if k != "other"}
    elif rest and labels.wanted(rest[0]) is not None:
        there, rest = labels.wanted(rest[0]), rest[1:]
    if there is not None and there.type not in ("cpu", labels.device.type):
        return func(*args, **kwargs)
    kwargs.pop("device", None)
    if rest and rest[0] is None:
        rest = rest[1:]
    if rest and isinstance(rest[0], bool):  # non_blocking, copy
        kwargs |= dict(zip(("non_blocking", "copy"), rest, strict=False))
        rest = []
    if kwargs.get("dtype", 0) is None:
        del kwargs["dtype"]
    is_asked = bool(rest) or any(name in kwargs for name in ("dtype", "copy", "memory_format"))
    changed = func(tensor, *rest, **kwargs) if is_asked else tensor
    return changed if there is None else moved(labels, changed, there)


def _type(labels: Labels, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """tensor.type(), tensor.type(dtype), tensor.type("torch.cuda.FloatTensor")."""
    tensor, *rest = args
    wanted = rest[0] if rest else kwargs.get("dtype")
    if wanted is None:
        return type_name(labels, tensor)
    if not isinstance(wanted, str):
        return func(*args, **kwargs)
    there = labels.device if ".cuda." in wanted else CPU
    return moved(labels, func(tensor, wanted.replace(".cuda.", ".")), there)


def _numpy(labels: Labels, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy works on the memory of the CPU."""
    if labels.of(args[0]) == labels.device:
        raise TypeError(
            f"can't convert {labels.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first."
        )
    return func(*args, **kwargs)


def _pin(labels: Labels, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Pinned memory is memory of the CPU."""
    if labels.of(args[0]) == labels.device:
        raise RuntimeError(f"cannot pin '{type_name(labels, args[0])}' only dense CPU tensors can be pinned")
    return args[0].clone()


def _new(labels: Labels, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """tensor.new_tensor(data, device=None): where the tensor is."""
    there = labels.wanted(kwargs.pop("device", None)) or labels.of(args[0])
    with labels.telling(there):
        made = func(*args, **kwargs)
    if there == labels.device:
        labels.put(made)
    return made


def _recurrent(labels: Labels, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """ATen/native/RNN.cpp, check_attributes: the state and the weights are where the input is."""
    here = labels.of(args[0])
    is_packed = (
        isinstance(args[1], Tensor) and isinstance(args[2], Tensor | tuple | list) and not isinstance(args[3], bool)
    )
    hidden, weights = (args[2], args[3]) if is_packed else (args[1], args[2])
    for name, part in (("parameter", weights), ("hidden", hidden)):
        for tensor in tensors_in([part]):
            if labels.of(tensor) != here:
                raise RuntimeError(
                    f"Input and {name} tensors are not at the same device, found input tensor at {here} and {name} "
                    f"tensor at {labels.of(tensor)}"
                )
    with labels.telling(here):
        return func(*args, **kwargs)


def answers() -> dict[Any, Answer]:
    """What is answered for each function of torch's that has to do with devices."""
    from torch import _VF

    get = {name: getattr(Tensor, name).__get__ for name in ("device", "is_cuda", "is_cpu")}
    found: dict[Any, Answer] = {
        get["device"]: lambda labels, _, args, __: labels.of(args[0]),
        get["is_cuda"]: lambda labels, _, args, __: labels.of(args[0]).type == "cuda",
        get["is_cpu"]: lambda labels, _, args, __: labels.of(args[0]).type == "cpu",
        Tensor.get_device: lambda labels, _, args, __: -1 if (i := labels.of(args[0]).index) is None else i,
        Tensor.cuda: lambda labels, _, args, kwargs: moved(
            labels, args[0], labels.wanted([*args[1:2], kwargs.get("device"), None][0]) or labels.device
        ),
        Tensor.cpu: lambda labels, _, args, __: moved(labels, args[0], CPU),
        Tensor.record_stream: lambda *_: None,
        Tensor.to: _to,
        Tensor.type: _type,
        Tensor.numpy: _numpy,
        Tensor.pin_memory: _pin,
        Tensor.new_tensor: _new,
        Tensor.new: _new,
    }
    return found | {getattr(_VF, name): _recurrent for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")}
