"""What of torch is replaced while a GPU is pretended: torch.cuda, torch.accelerator, loading, autocast, loaders."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import _get_current_function_mode_stack
from torch.utils import _device as default

from torchwise.rehearsal.pretend import standins
from torchwise.rehearsal.pretend.asking import Asking
from torchwise.rehearsal.pretend.labels import Labels

Replacement = tuple[Any, str, Any]


def replacements(labels: Labels, name: str) -> Iterator[Replacement]:
    """Every attribute that is replaced, with its owner and its stand-in."""
    yield from _cuda(labels, name)
    yield from _accelerator(labels)
    yield from _storages(labels)
    yield from _serialization(labels)
    yield from _unasked()
    yield from _autocast()
    yield from _rest()


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


def _cuda(labels: Labels, name: str) -> Iterator[Replacement]:
    """torch.cuda; random numbers come from the CPU's generator, so that they are those of a run on the CPU."""
    properties = standins.properties(name, labels.total)
    values: dict[str, Any] = {
        "is_available": True, "device_count": 1, "current_device": 0, "get_device_name": name, "is_initialized": True,
        "get_device_properties": properties, "get_device_capability": (8, 6), "is_bf16_supported": True,
        "is_current_stream_capturing": False, "utilization": 0, "memory_summary": "", "initial_seed": 0,
        **dict.fromkeys(
            ["init", "_lazy_init", "synchronize", "empty_cache", "set_device", "manual_seed", "manual_seed_all", "seed",
             "seed_all", "set_stream", "set_per_process_memory_fraction", "reset_accumulated_memory_stats"]
        ),
    }  # fmt: skip
    found: dict[str, Any] = {key: _always(value) for key, value in values.items()}
    for key in ("memory_allocated", "memory_reserved", "memory_cached"):
        found[key] = lambda *_, **__: labels.live
    for key in ("max_memory_allocated", "max_memory_reserved"):
        found[key] = lambda *_, **__: labels.peak
    for key in ("reset_peak_memory_stats", "reset_max_memory_allocated"):
        found[key] = lambda *_, **__: setattr(labels, "peak", labels.live)
    found["mem_get_info"] = lambda *_: (labels.total - labels.context - labels.live, labels.total)
    found["memory_stats"] = lambda *_: {
        "allocated_bytes.all.current": labels.live, "allocated_bytes.all.peak": labels.peak
    }  # fmt: skip
    found["get_rng_state"] = found["get_rng_state_all"] = lambda *_: torch.get_rng_state()
    found["set_rng_state"] = lambda state, *_: torch.set_rng_state(state.cpu())
    found["set_rng_state_all"] = lambda states: torch.set_rng_state(states.cpu())
    found |= {"Stream": standins.Stream, "Event": standins.Event, "device": standins.DeviceGuard}
    found["current_stream"] = found["default_stream"] = lambda *_: standins.Stream()
    found["stream"] = lambda stream=None: stream or standins.Stream()
    found["_exchange_device"] = found["_maybe_exchange_device"] = lambda *_: 0
    for key, value in found.items():
        yield torch.cuda, key, value
    yield torch.backends.cudnn, "is_acceptable", _always(False)  # the weights of an RNN stay as they are


def _accelerator(labels: Labels) -> Iterator[Replacement]:
    values = {
        "is_available": True, "device_count": 1, "current_device_index": 0, "current_device_idx": 0,
        "current_accelerator": torch.device("cuda"), "synchronize": None, "set_device_index": None,
        "set_device_idx": None, "empty_cache": None,
    }  # fmt: skip
    for key, value in values.items():
        yield torch.accelerator, key, _always(value)
    yield torch.accelerator, "memory_allocated", lambda *_: labels.live
    yield torch.accelerator, "max_memory_allocated", lambda *_: labels.peak


def _storages(labels: Labels) -> Iterator[Replacement]:
    """A copied storage is where the first one is: copy.deepcopy of tensors goes this way."""
    base = torch.storage._StorageBase
    original = base.clone

    def clone(self: Any) -> Any:
        copied = original(self)
        if labels.holds(self):
            labels.put_storage(copied)
        return copied

    yield base, "clone", clone


def _serialization(labels: Labels) -> Iterator[Replacement]:
    """A saved tensor remembers its device, and comes back there unless map_location says otherwise."""
    tag, restore = torch.serialization.location_tag, torch.serialization.default_restore_location

    def location_tag(storage: Any) -> str:
        inner = getattr(storage, "_untyped_storage", storage)
        return str(labels.device) if labels.holds(inner) else str(tag(storage))

    def default_restore_location(storage: Any, location: str) -> Any:
        there = labels.wanted(location)
        if there != labels.device:
            return restore(storage, location)
        labels.put_storage(getattr(storage, "_untyped_storage", storage))
        return storage

    yield torch.serialization, "location_tag", location_tag
    yield torch.serialization, "default_restore_location", default_restore_location


def _unasked() -> Iterator[Replacement]:
    """Torch's own Python functions are not handed to us as a whole, so that in them too we are asked."""

    def only_us() -> bool:
        stack = _get_current_function_mode_stack()
        return bool(stack) and all(isinstance(mode, Asking | default.DeviceContext) for mode in stack)

    def is_other(value: Any) -> bool:
        return type(value) not in (Tensor, torch.nn.Parameter) and hasattr(type(value), "__torch_function__")

    many, one, some = (getattr(torch.overrides, f"has_torch_function{end}") for end in ("", "_unary", "_variadic"))
    stand_ins = {
        "has_torch_function": lambda values: any(map(is_other, values)) if only_us() else many(values),
        "has_torch_function_unary": lambda value: is_other(value) if only_us() else one(value),
        "has_torch_function_variadic": lambda *values: any(map(is_other, values)) if only_us() else some(*values),
    }
    for module_name, module in list(sys.modules.items()):
        if module_name.split(".")[0] == "torch" and module is not None:
            for name, value in stand_ins.items():
                if vars(module).get(name) in (many, one, some):
                    yield module, name, value


def _autocast() -> Iterator[Replacement]:
    """autocast("cuda") becomes the CPU's with CUDA's dtype: the numbers are really rounded."""
    original = torch.autocast.__init__

    def __init__(self: Any, device_type: str, dtype: Any = None, *args: Any, **kwargs: Any) -> None:
        if device_type == "cuda":
            device_type, dtype = "cpu", dtype or torch.get_autocast_dtype("cuda")
        original(self, device_type, dtype, *args, **kwargs)

    yield torch.autocast, "__init__", __init__


def _rest() -> Iterator[Replacement]:
    """Loaders pin nothing; optimizers don't ask the driver; nothing is compiled."""
    from torch.utils.data import dataloader

    started = dataloader._BaseDataLoaderIter.__init__

    def __init__(self: Any, loader: Any) -> None:
        started(self, loader)
        self._pin_memory = False

    yield dataloader._BaseDataLoaderIter, "__init__", __init__
    for name in ("_accelerator_graph_capture_health_check", "_cuda_graph_capture_health_check"):
        if name in vars(torch.optim.Optimizer):
            yield torch.optim.Optimizer, name, _always(None)
    yield torch, "compile", lambda model=None, *_, **__: model if model is not None else (lambda inner: inner)
