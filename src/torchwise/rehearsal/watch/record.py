"""The record of a rehearsal: the events in order, the operations, and what is known of the objects in them."""

import time
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.rehearsal.watch.events import Batch, Event, Key, Op
from torchwise.rehearsal.watch.facts import fact_of
from torchwise.rehearsal.watch.models import Given
from torchwise.rehearsal.watch.registry import LoaderInfo, ModuleInfo, ParameterInfo, Registry
from torchwise.rehearsal.watch.sites import Site, built_at, site_here, user_frames

MOST_PARTS = 64  # results of one operation, or tensors of one batch, that are kept apart
PLAIN = (int, float, bool, str, type(None), torch.dtype)


class Record:
    """All that was seen. events: in order. ops: every operation on tensors, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ops: list[Op] = []
        self.modules, self.parameters = Registry(), Registry()
        self.optimizers, self.loaders, self.others = Registry(), Registry(), Registry()
        self.module_info: dict[Key, ModuleInfo] = {}
        self.parameter_info: dict[Key, ParameterInfo] = {}
        self.loader_info: dict[Key, LoaderInfo] = {}
        self.names: dict[tuple[str, Key], str] = {}  # ("optimizer", 0): "optimizer"
        self.built: dict[tuple[str, Key], Site] = {}  # where loaders were built
        self.models: dict[Key, Given] = {}  # those that the user's own code called
        self.faults: list[str] = []  # our own, as texts (an error would keep tensors alive); none may reach the user
        self.running: list[Key] = []  # the modules under way, the innermost last
        self.last_batch: int | None = None
        self.training: list[bool] = []  # of each of them
        self.is_silent = False
        self._noting_s, self._noting_since = 0.0, 0.0  # the time that was ours, not the script's
        self._lore: dict[int, tuple[weakref.ref[Tensor], Op]] = {}

    def safely(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What a note of ours gives; none of its faults, and none of its own operations, is the user's."""
        was_silent, self.is_silent = self.is_silent, True
        self._noting_since = self._noting_since or time.perf_counter()
        try:
            return act(*arguments, **named)
        except Exception:
            self.faults.append(traceback.format_exc(limit=-3))
            return None
        finally:
            self.is_silent = was_silent
            if not was_silent:
                self._noting_s += time.perf_counter() - self._noting_since
                self._noting_since = 0.0

    def add(self, sort: type[Event], /, **facts: Any) -> Event:
        """Note an event of the user's line that is running."""
        facts.setdefault("site", site_here())
        facts.setdefault("grad_enabled", torch.is_grad_enabled())
        own_s = (self._noting_since or time.perf_counter()) - self._noting_s
        event = sort(at=len(self.events), batch=self.last_batch, own_s=own_s, **facts)
        self.events.append(event)
        if isinstance(event, Batch):
            self.last_batch = event.at
        return event

    def of(self, kind: type[Any]) -> Iterator[Any]:
        """The events of a kind."""
        return (event for event in self.events if isinstance(event, kind))

    def op_of(self, tensor: Tensor) -> Op:
        """The operation that gave a tensor; a new one where none was seen to."""
        if (found := self.known(tensor)) is not None:
            return found
        is_parameter = isinstance(tensor, nn.Parameter) or (tensor.is_leaf and tensor.requires_grad)
        op = Op(
            name="parameter" if is_parameter else "given", fact=fact_of(tensor), site=site_here(), at=len(self.events),
            parameter=self.parameter_key(tensor) if is_parameter else None,
        )  # fmt: skip
        self.remember(tensor, op)
        return op

    def known(self, tensor: Tensor) -> Op | None:
        """The operation that was seen to give a tensor."""
        found = self._lore.get(id(tensor))
        return found[1] if found is not None and found[0]() is tensor else None

    def remember(self, tensor: Tensor, op: Op) -> None:
        """Let a tensor be the result of an operation."""
        name, lore = id(tensor), self._lore

        def forget(gone: "weakref.ref[Tensor]") -> None:
            if (held := lore.get(name)) is not None and held[0] is gone:
                del lore[name]

        lore[name] = (weakref.ref(tensor, forget), op)

    def described(self, value: Any, depth: int = 0) -> Any:
        """A value as an operation keeps it: tensors as the operations that gave them."""
        if isinstance(value, Tensor):
            return self.op_of(value)
        if isinstance(value, PLAIN) or value is Ellipsis:
            return value
        if isinstance(value, slice):
            return "slice"
        if isinstance(value, tuple | list) and depth < 3:
            return tuple(self.described(item, depth + 1) for item in value[:MOST_PARTS])
        return None

    def parameter_key(self, tensor: Tensor, name: str = "") -> Key:
        """The number of a parameter."""
        key = self.parameters.key(tensor)
        if isinstance(tensor, nn.parameter.UninitializedParameter):
            self.parameter_info[key] = ParameterInfo(shape=(), name=name)
            return key
        info = self.parameter_info.get(key)
        if info is None:
            info = self.parameter_info[key] = ParameterInfo(shape=tuple(tensor.shape))
        info.requires_grad = tensor.requires_grad
        info.name = info.name or name
        return key

    def module_key(self, module: nn.Module) -> Key:
        """The number of a module, its facts noted when it is first seen."""
        key = self.modules.key(module)
        if key not in self.module_info:
            kind = type(module)
            self.module_info[key] = ModuleInfo(
                kind=kind.__name__, is_torch=kind.__module__.startswith("torch."),
                own=tuple(self.parameter_key(item) for item in _own(module)),
                built=built_at(module), settings={name: value for name, value in vars(module).items() if isinstance(value, PLAIN)},
            )  # fmt: skip
        return key

    def root_key(self, module: nn.Module) -> Key:
        """The number of a module that the user's own code calls: it gives its parts their paths."""
        key = self.module_key(module)
        info = self.module_info[key]
        if not info.is_root:
            info.is_root = True
            info.path = info.path or self.name_of("module", module, key) or info.kind
            for name, part in module.named_modules():
                inside = self.module_info[self.module_key(part)]
                inside.path = inside.path or f"{info.path}.{name}"
                children = list(part._modules.values()) if isinstance(part, nn.Sequential | nn.ModuleList) else []
                if len(children) > 1 and children[0] is not None and all(item is children[0] for item in children):
                    self.module_info[self.module_key(children[0])].copies = len(children)
            for name, parameter in module.named_parameters():
                first = self.parameter_info[self.parameter_key(parameter, f"{info.path}.{name}")]
                first.is_zero = bool(first.shape) and not parameter.is_meta and not bool(parameter.detach().any())
        info.parameters = tuple(self.parameter_key(item) for item in module.parameters())
        return key

    def name_of(self, kind: str, thing: Any, key: Key) -> str:
        """The variable in which the user's frames hold an object; "" if none does yet."""
        if (kind, key) not in self.names and (found := _variable(thing)):
            self.names[kind, key] = found
        return self.names.get((kind, key), "")

    def parameter_name(self, key: Key) -> str:
        """model.head.weight, or its shape where it has no name."""
        info = self.parameter_info[key]
        return info.name or f"{info.shape}"


def _own(module: nn.Module) -> Iterable[Tensor]:
    """The parameters that a module has itself; none of those that are not made yet."""
    lazy = nn.parameter.UninitializedParameter
    return [item for item in module._parameters.values() if item is not None and not isinstance(item, lazy)]


def _variable(thing: Any) -> str:
    """The variable, or the attribute of self, that holds an object in the user's frames."""
    for frame in reversed(user_frames()):  # the outermost knows it by its own name, train_loader rather than loader
        for name, value in list(frame.f_locals.items()):
            if value is thing and name not in ("self", "cls"):
                return name
        own = getattr(frame.f_locals.get("self"), "__dict__", {})
        for name, value in list(own.items()):
            if value is thing:
                return f"self.{name}"
        for name, value in list(frame.f_globals.items()):
            if value is thing:
                return name
    return ""
