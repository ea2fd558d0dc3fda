"""Who holds the memory: weights, gradients, optimizer state, and activations that are kept for a backward."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import Graph, graph_of, is_hooked
from torchwise.doctor.past.carried import objects_of, with_graph

MOST_TENSORS = 512


@dataclass(frozen=True)
class Holders:
    """In bytes: weights and buffers, their gradients, the state of the optimizers."""

    weights: int
    gradients: int
    optimizer: int

    @property
    def fixed(self) -> int:
        """What doesn't depend on the batch."""
        return self.weights + self.gradients + self.optimizer


def modules_of(case: Case) -> list[nn.Module]:
    """The outermost modules in the frames' variables."""
    found: dict[int, nn.Module] = {}
    for frame in case.frames:
        for value in [*frame.locals.values(), *getattr(frame.receiver(), "__dict__", {}).values()]:
            if isinstance(value, nn.Module):
                found[id(value)] = value
    inner = {id(part) for module in found.values() for part in list(module.modules())[1:]}
    return [module for key, module in found.items() if key not in inner]


def optimizers_of(case: Case) -> list[torch.optim.Optimizer]:
    """The optimizers in the frames' variables and the attributes of the user's objects."""
    found: dict[int, torch.optim.Optimizer] = {}
    values = [value for frame in case.user for value in frame.locals.values()]
    values += [value for thing in objects_of(case) for value in list(vars(thing).values())]
    for value in values:
        if isinstance(value, torch.optim.Optimizer):
            found[id(value)] = value
    return list(found.values())


def holders_of(case: Case) -> Holders:
    """What the models and optimizers in sight hold."""
    weights: dict[int, int] = {}
    gradients: dict[int, int] = {}
    for module in modules_of(case):
        for tensor in [*module.parameters(), *module.buffers()]:
            weights[id(tensor)] = size_of(tensor)
            if tensor.is_leaf and tensor.grad is not None:
                gradients[id(tensor)] = size_of(tensor.grad)
    state = 0
    for optimizer in optimizers_of(case):
        for entry in list(optimizer.state.values()):
            state += sum(size_of(value) for value in entry.values() if isinstance(value, Tensor))
    return Holders(sum(weights.values()), sum(gradients.values()), state)


def size_of(tensor: Tensor) -> int:
    """The bytes of a tensor's values."""
    return int(tensor.numel()) * int(tensor.element_size())


def kept_bytes(case: Case, tensors: Iterable[Tensor]) -> int:
    """The bytes of the activations that the graphs of some tensors keep, each storage once, weights left out."""
    if is_hooked(case):
        return 0
    graph = graph_of(list(tensors)[:MOST_TENSORS], unpack=True)
    weights = {_storage(p) for module in modules_of(case) for p in module.parameters()}
    found: dict[int, int] = {}
    for tensor in _kept(graph):
        key = _storage(tensor)
        if key not in weights:
            found[key] = max(found.get(key, 0), int(tensor.untyped_storage().nbytes()))
    return sum(found.values())


def _kept(graph: Graph) -> list[Tensor]:
    """The tensors that the operations of a graph still keep."""
    found = []
    for operation in graph:
        for name, fate in operation.saved.items():
            value = getattr(operation.function, name, None) if fate == "kept" else None
            found += [
                item for item in (value if isinstance(value, tuple | list) else [value]) if isinstance(item, Tensor)
            ]
    return found


def _storage(tensor: Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except (RuntimeError, NotImplementedError):
        return id(tensor)


@dataclass(frozen=True, eq=False)
class Hoard:
    """A list, dict or sum that keeps graphs. name: how it is written; value: what it is; kept: its bytes."""

    name: str
    value: Any
    tensors: tuple[Tensor, ...]
    kept: int


def hoards_of(case: Case) -> list[Hoard]:
    """The variables and attributes that keep graphs with their activations, the largest first."""
    found: dict[int, Hoard] = {}
    for frame in case.user:
        for name, value in list(frame.locals.items()):
            _add(case, found, name, value)
    for thing in objects_of(case):
        if not isinstance(thing, nn.Module) or not type(thing).__module__.startswith("torch."):
            for name, value in list(vars(thing).items()):
                _add(case, found, f"self.{name}", value)
    return sorted(found.values(), key=lambda hoard: -hoard.kept)


def _add(case: Case, found: dict[int, Hoard], name: str, value: Any) -> None:
    tensors = with_graph(value)
    if tensors and id(value) not in found and not name.startswith("__"):
        found[id(value)] = Hoard(name, value, tuple(tensors), kept_bytes(case, tensors))
