"""Recording steps: the tape of what the user's code does between one batch and the next, tensors known only weakly."""

import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils.data import dataloader

from torchwise.rehearsal.memory.tape import NOWHERE, Deed, Kept, Part, Ref, Tape, flat_tensors, is_backward, mapped
from torchwise.rehearsal.memory.twins import empty, on_meta, samples_dim
from torchwise.rehearsal.pretend.labels import Labels, storage_of
from torchwise.rehearsal.watch.patches import wrapped
from torchwise.rehearsal.watch.record import Record
from torchwise.rehearsal.watch.sites import site_here

MOST_DEEDS, MOST_CALLS = 4000, 64  # of one step; a longer one is not taped
MOST_TAPES = 3  # of steps that train, and of those that don't
ACTS = {"backward", "__set__", "__setitem__"}  # what has an effect though it gives no tensor


class Taping(TorchFunctionMode):
    """Tapes the steps of a script. Enter it by `taping`, after all that watches."""

    def __init__(self, record: Record, labels: Labels | None) -> None:
        super().__init__()
        self.record, self.labels = record, labels
        self.tapes: list[Tape] = []
        self.faults: list[str] = []
        self.depth = 0
        self.optimizers: set[int] = set()  # all that were built, by id
        self._known: dict[int, tuple[weakref.ref[Tensor], Ref | Kept]] = {}
        self._earlier: dict[int, tuple[weakref.ref[Tensor], int]] = {}  # results of the step before, by id
        self.is_new = True  # what comes before the first batch and the first call is no part of a step
        self._begin({})

    def _begin(self, earlier: dict[int, Tensor]) -> None:
        self.deeds: list[Deed] = []
        self.parts: list[Any] = []
        self.kept: list[Tensor] = []
        self.counted: list[bool] = []
        self.storages: set[int] = set()
        self.size, self.has_batch = 0, False
        self.stepped: set[int] = set()
        self.num_results, self.num_calls = 0, 0
        self.earlier = earlier

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """An operation that the user's own code asks for."""
        kwargs = kwargs or {}
        if self.depth or self.record.is_silent:
            return func(*args, **kwargs)
        return self._noted(Deed(kind="function", func=func), func, args, kwargs)

    def call(self, original: Callable[..., Any], module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        """A module is called."""
        if self.depth or self.record.is_silent:
            return original(module, *args, **kwargs)
        with self._inside():
            if self._is_over() or self.is_new:
                self._close()
            self.is_new = False
            self.num_calls += 1
            self.size = self.size or _first_size((args, kwargs))
        deed = Deed(kind="module", part=self._part(module), where=site_here().place())
        return self._noted(deed, lambda *a, **k: original(module, *a, **k), args, kwargs)

    def backward(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """torch.autograd.backward, where it is called by itself."""
        if self.depth or self.record.is_silent:
            return original(*args, **kwargs)
        return self._noted(Deed(kind="function", func=torch.autograd.backward), original, args, kwargs)

    def zero(self, original: Callable[..., Any], owner: Any, *args: Any, **kwargs: Any) -> Any:
        """Gradients are cleared."""
        if self.depth or self.record.is_silent:
            return original(owner, *args, **kwargs)
        deed = Deed(kind="optimizer", func="zero_grad", part=self._part(owner))
        return self._noted(deed, lambda *a, **k: original(owner, *a, **k), args, kwargs)

    def made(self, original: Callable[..., Any], optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
        """An optimizer is built."""
        original(optimizer, *args, **kwargs)
        self.optimizers.add(id(optimizer))

    def step_begins(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Before a step; one with a closure computes the loss itself, which is taped as if it stood before it."""
        if not _closure(args, kwargs):
            self.depth += 1

    def step_ends(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """After a step."""
        has_closure = _closure(args, kwargs)
        self.depth -= not has_closure
        if not self.depth:
            self.stepped.add(id(optimizer))
            self._append(
                Deed(kind="optimizer", func="closure" if has_closure else "step", part=self._part(optimizer)), None
            )

    def next(self, original: Callable[..., Any], iterator: Any) -> Any:
        """A loader gives the next batch: a step ends, and one begins."""
        if self.depth:
            return original(iterator)
        with self._inside():
            batch = original(iterator)
            self._close()
            tensors = flat_tensors(batch)
            size = getattr(getattr(iterator, "_torchwise_loader", None), "batch_size", None) or 0
            is_there = any(samples_dim(tensor, size) is not None for tensor in tensors)
            self.size = size if is_there else _first_size(batch)
            self.has_batch, self.is_new = True, False
            templates = tuple(empty(tensor) for tensor in tensors)
            self._append(Deed(kind="batch", args=templates, is_counted=self.labels is None), batch)
        return batch

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """What happens meanwhile is no deed of the user's own code."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def _noted(self, deed: Deed, act: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """What an act gives; the deed is kept with what it was given and what it gave."""
        grad_enabled, autocast = torch.is_grad_enabled(), _autocast()
        with self._inside():
            given = self.record.safely(lambda: (mapped(args, self._described), mapped(kwargs, self._described)))
            result = act(*args, **kwargs)
            name = str(getattr(deed.func, "__name__", deed.func))
            tensors = flat_tensors(result)
            if given is not None and (tensors or deed.kind != "function" or name in ACTS or name.endswith("_")):
                deed = replace(
                    deed, args=given[0], kwargs=given[1], grad_enabled=grad_enabled, autocast=autocast,
                    is_counted=any(map(self._is_there, tensors or flat_tensors((args, kwargs))[:8])),
                    made=tuple(map(empty, tensors)) if not any(item.requires_grad for item in tensors) else None,
                )  # fmt: skip
                self.record.safely(self._append, deed, result)
        return result

    def _is_there(self, tensor: Tensor) -> bool:
        return self.labels is None or self.labels.of(tensor) == self.labels.device

    def _append(self, deed: Deed, result: Any) -> None:
        """A deed with the numbers of what it gave."""
        if len(self.deeds) < MOST_DEEDS:
            numbers = tuple(self._remember(tensor) for tensor in flat_tensors(result))
            self.deeds.append(replace(deed, results=numbers))

    def _remember(self, tensor: Tensor) -> int:
        """The number of a tensor that a deed gave: a new one, or the one it has; -1 for one from before the step."""
        key, deeds = id(tensor), self.deeds
        found = self._known.get(key)
        if found is not None and found[0]() is tensor:
            return found[1].number if isinstance(found[1], Ref) else -1
        number = self.num_results
        self.num_results += 1

        def gone(ref: "weakref.ref[Tensor]") -> None:
            is_earlier = self.deeds is not deeds
            held = (self._earlier if is_earlier else self._known).get(key)
            if held is not None and held[0] is ref:
                del (self._earlier if is_earlier else self._known)[key]
                self.deeds.append(Deed(kind="gone", results=(number,), is_earlier=is_earlier))

        self._known[key] = weakref.ref(tensor, gone), Ref(number)
        return number

    def _described(self, value: Any) -> Any:
        """A value with the number of a tensor, a module or an optimizer in its place."""
        if isinstance(value, nn.Module | Optimizer):
            return self._part(value)
        if not isinstance(value, Tensor):
            return value
        found = self._known.get(id(value))
        if found is not None and found[0]() is value:
            return found[1]
        storage = storage_of(value)
        is_new = storage is not None and storage._cdata not in self.storages
        if storage is not None:
            self.storages.add(storage._cdata)
        kept = Kept(len(self.kept))
        self.kept.append(empty(value))
        self.counted.append(is_new and self._is_there(value))
        self._known[id(value)] = weakref.ref(value), kept
        return kept

    def _part(self, thing: Any) -> Part:
        for number, part in enumerate(self.parts):
            if part is thing:
                return Part(number)
        self.parts.append(thing)
        return Part(len(self.parts) - 1)

    def _is_over(self) -> bool:
        """Without a loader, a step is over when all optimizers have stepped, or there was enough of it."""
        if self.has_batch:
            return False
        return self.num_calls >= MOST_CALLS or bool(self.stepped and self.stepped >= self.optimizers)

    def close(self) -> None:
        """The script is at its end."""
        self._close()
        self._known, self._earlier = {}, {}

    def _close(self) -> None:
        """Keep the step that is over, if it has anything to measure, and begin the next."""
        alive = {key: (ref, held.number) for key, (ref, held) in self._known.items()
                 if isinstance(held, Ref) and ref() is not None}  # fmt: skip
        earlier = {number: empty(found) for ref, number in alive.values() if (found := ref()) is not None}
        if self.num_calls > 0:
            fault_count = len(self.record.faults)
            self.record.safely(self._keep)
            self.faults += [fault.strip().splitlines()[-1] for fault in self.record.faults[fault_count:]]
            del self.record.faults[fault_count:]
        self._known, self._earlier = {}, alive
        self._begin(earlier)

    def _keep(self) -> None:
        """The tape of the step that is over: its parts as twins, and templates of the tensors that were there before."""
        trains = any(map(is_backward, self.deeds))
        if sum(tape.trains == trains for tape in self.tapes) >= MOST_TAPES:
            return
        if len(self.deeds) >= MOST_DEEDS:
            raise ValueError(f"a step has more than {MOST_DEEDS} operations")
        memo: dict[int, Any] = {}
        for ref, held in self._known.values():
            if isinstance(held, Kept) and (tensor := ref()) is not None:
                memo[id(tensor)] = template = self.kept[held.number]
                template.grad = None if tensor.grad is None else empty(tensor.grad)
        names = tuple(self.record.module_info[self.record.module_key(part)].path if isinstance(part, nn.Module) else ""
                      for part in self.parts)  # fmt: skip
        self.tapes.append(
            Tape(deeds=tuple(self.deeds), parts=on_meta(tuple(self.parts), memo), names=names, kept=tuple(self.kept),
                 counted=tuple(self.counted), earlier=self.earlier, size=self.size,
                 where=next((deed.where for deed in self.deeds if deed.kind == "module"), NOWHERE))
        )  # fmt: skip


def _first_size(value: Any) -> int:
    """The first dimension of the first tensor that has one."""
    return next((int(tensor.shape[0]) for tensor in flat_tensors(value) if tensor.dim()), 0)


def _closure(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a step was given a closure; the optimizer itself is the hook's first argument."""
    return any(item is not None for item in args[1:]) or kwargs.get("closure") is not None


def _autocast() -> torch.dtype | None:
    """The dtype of the autocast in force."""
    for device in ("cuda", "cpu"):
        if torch.is_autocast_enabled(device):
            return torch.get_autocast_dtype(device)
    return None


@contextmanager
def taping(record: Record, labels: Labels | None = None) -> Iterator[Taping]:
    """Tape the steps of what runs in the block, which `record` watches. labels: of the pretended GPU, if there is one."""
    tapes = Taping(record, labels)
    with ExitStack() as stack:
        for owner, name, wrapper in (
            (nn.Module, "__call__", tapes.call), (nn.Module, "zero_grad", tapes.zero), (Optimizer, "zero_grad", tapes.zero),
            (Optimizer, "__init__", tapes.made), (torch.autograd, "backward", tapes.backward),
            (dataloader._BaseDataLoaderIter, "__next__", tapes.next),
        ):  # fmt: skip
            stack.enter_context(wrapped(owner, name, wrapper))
        for handle in (
            register_optimizer_step_pre_hook(tapes.step_begins),
            register_optimizer_step_post_hook(tapes.step_ends),
        ):
            stack.callback(handle.remove)
        stack.enter_context(tapes)
        stack.callback(tapes.close)
        yield tapes
