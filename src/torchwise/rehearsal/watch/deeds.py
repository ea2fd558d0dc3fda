"""Calls of modules, switches between train and eval, loading, clipping, saving: noted as they happen."""

from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, dataloader

from torchwise.rehearsal.watch.batches import Batches
from torchwise.rehearsal.watch.events import Call, Clip, Key, Loaded, Mode, Op, Saved
from torchwise.rehearsal.watch.facts import Norm, norm_facts, norm_of, stats_of
from torchwise.rehearsal.watch.mode import flat
from torchwise.rehearsal.watch.models import keep_call
from torchwise.rehearsal.watch.probe import mixing_line
from torchwise.rehearsal.watch.record import Record
from torchwise.rehearsal.watch.sites import Site

Wrapped = tuple[Any, str, Callable[..., Any]]
Begun = tuple[Key, tuple[Op, ...], int, Norm | None]  # module, inputs, number of operations before


class Deeds:
    """The wrappers around what a script calls of torch, except for the training step itself."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.batches = Batches(record)
        self.is_switching = False
        self.probed: set[Key] = set()

    def wrappers(self) -> Iterator[Wrapped]:
        """What is replaced: its owner, its name, and the wrapper that gets the original first."""
        yield nn.Module, "__call__", self.call
        yield nn.Module, "train", self.switch
        yield nn.Module, "load_state_dict", self.load
        yield torch, "save", self.save
        yield DataLoader, "__init__", self.batches.made
        yield DataLoader, "__iter__", self.batches.iterate
        for kind in (dataloader._BaseDataLoaderIter,):
            yield kind, "__next__", self.batches.next
        for owner in (nn.utils, nn.utils.clip_grad):
            for name in ("clip_grad_norm_", "clip_grad_value_"):
                yield owner, name, self.clip

    def call(self, original: Callable[..., Any], module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        """A module is called."""
        record = self.record
        if record.is_silent:
            return original(module, *args, **kwargs)
        begun = record.safely(self._call_begins, module, args, kwargs)
        depth = len(record.running)
        record.running.append(-1 if begun is None else begun[0])
        record.training.append(module.training)
        try:
            result = original(module, *args, **kwargs)
        finally:
            del record.running[depth:], record.training[depth:]
        if begun is not None:
            mixed_by = None
            if depth == 0 and module.training and begun[0] not in self.probed:
                self.probed.add(begun[0])
                mixed_by = record.safely(mixing_line, module, args, result) if not kwargs else None
            record.safely(self._call_ends, module, depth, begun, result, mixed_by)
        return result

    def _call_begins(self, module: nn.Module, args: Any, kwargs: Any) -> Begun:
        record = self.record
        key = record.module_key(module) if record.running else record.root_key(module)
        if not record.running:
            keep_call(record.models, record.modules, module, args, kwargs)
        norm = norm_facts(module) if module.training else None
        return key, self._ops([*args, *kwargs.values()]), len(record.ops), norm

    def _call_ends(self, module: nn.Module, depth: int, begun: Begun, result: Any, mixed_by: Any) -> None:
        key, inputs, began, norm = begun
        outputs = self._ops([result])
        if depth == 0:
            for tensor, op in zip(_tensors([result]), outputs, strict=True):
                op.stats = op.stats or stats_of(tensor)
        self.record.add(
            Call, module=key, depth=depth, mixed_by=mixed_by, norm=norm, training=module.training, inputs=inputs, outputs=outputs, began=began,
            ended=len(self.record.ops),
        )  # fmt: skip

    def _ops(self, values: list[Any]) -> tuple[Op, ...]:
        return tuple(self.record.op_of(item) for item in _tensors(values))

    def switch(self, original: Callable[..., Any], module: nn.Module, mode: bool = True) -> Any:
        """A module goes to train or to eval mode, its parts with it."""
        if self.is_switching or self.record.running:
            return original(module, mode)
        self.is_switching = True
        try:
            result = original(module, mode)
        finally:
            self.is_switching = False
        self.record.safely(lambda: self.record.add(Mode, module=self.record.module_key(module), training=bool(mode)))
        return result

    def _alive(self, module: nn.Module, given: Any) -> tuple[Site, int] | None:
        """Where the tensors that are loaded were taken, if they are the module's own, still alive."""
        for name, parameter in module.named_parameters():
            item = given.get(name)
            if isinstance(item, Tensor) and item is not parameter and item.data_ptr() == parameter.data_ptr():
                taken = self.record.known(item)
                return (taken.site, taken.at) if taken is not None and item.data_ptr() else None
        return None

    def load(self, original: Callable[..., Any], module: nn.Module, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
        """Weights are loaded into a module."""
        alive = self.record.safely(self._alive, module, state_dict)
        result = original(module, state_dict, *args, **kwargs)
        strict = bool(args[0]) if args else bool(kwargs.get("strict", True))
        self.record.safely(self._loaded, module, state_dict, strict, alive)
        return result

    def _loaded(self, module: nn.Module, given: Any, strict: bool, alive: tuple[Site, int] | None) -> None:
        own = module.state_dict()
        matched = [name for name in given if name in own]
        self.record.add(
            Loaded, module=self.record.module_key(module), strict=strict, num_own=len(own), num_given=len(given),
            num_matched=len(matched), example_own=next(iter(own), ""), example_given=next(iter(given), ""), alive=alive,
        )  # fmt: skip

    def clip(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Gradients are clipped."""
        given = signature(original).bind(*args, **kwargs).arguments
        parameters, limit = list(given.values())[:2]
        if not isinstance(parameters, Tensor):  # a generator is read only once
            given[next(iter(given))] = parameters = list(parameters)
        result = original(**given)
        self.record.safely(self._clipped, original.__name__, parameters, limit, result)
        return result

    def _clipped(self, name: str, parameters: Any, limit: Any, result: Any) -> None:
        tensors = [parameters] if isinstance(parameters, Tensor) else parameters
        before = float(result) if isinstance(result, Tensor) and not result.is_meta else None
        self.record.add(
            Clip, name=name, parameters=tuple(self.record.parameter_key(item) for item in tensors),
            has_gradients=any(norm_of(item.grad) for item in tensors), limit=float(limit), before=before,
        )  # fmt: skip

    def save(self, original: Callable[..., Any], thing: Any, *args: Any, **kwargs: Any) -> Any:
        """Something is saved."""
        result = original(thing, *args, **kwargs)
        self.record.safely(lambda: self.record.add(Saved, kind=type(thing).__name__))
        return result


def _tensors(values: list[Any]) -> list[Tensor]:
    return [item for item in flat(values) if isinstance(item, Tensor)][:64]
