"""Operations: labels follow from what goes in to what comes out, and two devices in one operation are an error."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from torchwise.rehearsal.pretend.labels import CPU, Labels, storage_of

aten = torch.ops.aten
ANYWHERE = {
    "aten::copy_",
    "aten::_to_copy",
    "aten::set_",
    "aten::_foreach_copy_",
    "aten::_copy_from",
    "aten::lift_fresh",
}
INDEXED = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
# What CUDA's kernel is called, and its argument, where that is not the name of the operation.
CALLED = {"embedding": ("_index_select", {"indices": "index"})}


class Operating(TorchDispatchMode):
    """Gives every new tensor the label of what it was made from."""

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operation: its devices are compared, then it is computed on the CPU."""
        given = list(tensors_in([*args, *(kwargs or {}).values()]))
        device = self._device(func, args, given)
        made = func(*args, **(kwargs or {}))
        if device == self.labels.device:
            self._label(made, given)
        self.labels.recent = device
        return made

    def _device(self, func: Any, args: Any, given: list[Tensor]) -> torch.device:
        """Where the results are: told, where the inputs are, or where C++ was working."""
        labels = self.labels
        if not given:
            return labels.told or labels.recent
        name = func._schema.name
        first = labels.of(given[0])
        if name not in ANYWHERE:
            if name in INDEXED:
                _compare_indices(labels, args, first)
            else:
                first = _compared(labels, func, args, given)
        # A move is a clone (or a copy with another dtype) that has been told where to.
        return labels.told if labels.told is not None and name in COPIES else first

    def _label(self, made: Any, given: list[Tensor]) -> None:
        """New storages are on the device; those that came in stay where they were."""
        came = {storage._cdata for tensor in given if (storage := storage_of(tensor)) is not None}
        for tensor in tensors_in([made]):
            storage = storage_of(tensor)
            if storage is not None and storage._cdata not in came:
                self.labels.put(tensor)


COPIES = {"aten::clone", "aten::_to_copy"}


def tensors_in(values: Any) -> Iterator[Tensor]:
    """The tensors among arguments or results, those in lists too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)


def _compared(labels: Labels, func: Any, args: Any, given: list[Tensor]) -> torch.device:
    """The device that all tensors of an operation share; on the CPU a number may stand beside another device."""
    found = [labels.of(tensor) for tensor in given]
    if len(set(found)) == 1:
        return found[0]
    name = func._schema.name.split("::")[-1]
    if name in ("convolution", "_convolution", "convolution_overrideable"):
        raise RuntimeError(_said_of_convolution(labels, *given[:2]))
    if torch.Tag.pointwise not in func.tags and not name.startswith("_foreach") and not _moved_within(name):
        raise RuntimeError(_said_of_argument(labels, func, args))
    # ATen/TensorIterator.cpp, compute_types: the common device is that of the first tensor that is no CPU number.
    bodies = [device for tensor, device in zip(given, found, strict=True) if tensor.dim() or device.type != "cpu"]
    common = bodies[0] if bodies else CPU
    other = next((device for device in bodies if device != common), None)
    if other is not None:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {common} and {other}!"
        )
    return common


def _moved_within(name: str) -> bool:
    """Whether an operation takes numbers of the CPU too: fused optimizers hold their step count and rate so."""
    return name.startswith("_fused")


def _said_of_argument(labels: Labels, func: Any, args: Any) -> str:
    """c10::impl::common_device_check_failure: the first argument that is not where the first tensor is."""
    operation = func._schema.name.split("::")[-1]
    called, renamed = CALLED.get(operation, (operation, {}))
    common: torch.device | None = None
    for argument, value in zip(func._schema.arguments, args, strict=False):
        for tensor in tensors_in([value]):
            here = labels.of(tensor)
            common = common or here
            if here != common:
                argument_name = renamed.get(argument.name, argument.name)
                return (
                    f"Expected all tensors to be on the same device, but got {argument_name} is on {here}, different "
                    f"from other tensors on {common} (when checking argument in method wrapper_CUDA_{called})"
                )
    return f"Expected all tensors to be on the same device, but found at least two devices, {labels.device} and cpu!"


def _said_of_convolution(labels: Labels, given: Tensor, weight: Tensor) -> str:
    """ATen/native/Convolution.cpp, check_input_same_type_as_parameters."""
    if labels.of(given) == labels.of(weight):
        return f"Input type ({type_name(labels, given)}) and bias type (torch.FloatTensor) should be the same"
    text = f"Input type ({type_name(labels, given)}) and weight type ({type_name(labels, weight)}) should be the same"
    return (
        text
        if labels.of(given) == labels.device
        else f"{text} or input should be a MKLDNN tensor and weight is a dense tensor"
    )


def type_name(labels: Labels, tensor: Tensor) -> str:
    """torch.cuda.FloatTensor."""
    with torch._C.DisableTorchFunction():
        name = tensor.type()
    return name.replace("torch.", f"torch.{labels.device.type}.", 1) if labels.of(tensor) == labels.device else name


def _compare_indices(labels: Labels, args: Any, first: torch.device) -> None:
    """An index may be on the CPU or where the tensor is; what is put in must be where the tensor is."""
    for index in tensors_in([args[1]]):
        if labels.of(index) not in (first, CPU):
            raise RuntimeError(f"indices should be either on cpu or on the same device as the indexed tensor ({first})")
    for value in tensors_in(args[2:3]):
        if labels.of(value) != first and (value.dim() or labels.of(value) != CPU):
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, {first} and "
                f"{labels.of(value)}!"
            )
