"""The training step, noted as it happens: backward, the optimizer's step, zero_grad, the scheduler, the scaler."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer, lr_scheduler

from torchwise.rehearsal.watch.deeds import Wrapped
from torchwise.rehearsal.watch.events import Backward, Key, OptimizerMade, Scaling, Schedule, Step, ZeroGrad
from torchwise.rehearsal.watch.gradients import Gradients
from torchwise.rehearsal.watch.graph import leaves_of
from torchwise.rehearsal.watch.mode import flat
from torchwise.rehearsal.watch.record import Record

MOST_MOVES = 12  # steps of each optimizer after which it is looked whether any weight has changed


class Training:
    """The wrappers and hooks around the training step."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.gradients = Gradients(record)
        self.losses: dict[tuple[str, int], list[weakref.ref[Tensor]]] = {}
        self.before: dict[Key, tuple[Any, ...]] = {}
        self.num_steps: dict[Key, int] = {}

    def wrappers(self) -> Iterator[Wrapped]:
        """What is replaced: its owner, its name, and the wrapper that gets the original first."""
        yield torch.autograd, "backward", self.backward
        yield torch.autograd, "grad", self.grad
        yield Optimizer, "__init__", self.made
        yield Optimizer, "zero_grad", self.zero
        yield nn.Module, "zero_grad", self.zero
        for kind in list(vars(lr_scheduler).values()):
            if isinstance(kind, type) and issubclass(kind, lr_scheduler.LRScheduler) and "step" in vars(kind):
                yield kind, "step", self.schedule
        for name in ("scale", "unscale_", "step", "update"):
            yield GradScaler, name, self.scaling

    def backward(self, original: Callable[..., Any], tensors: Any, *args: Any, **kwargs: Any) -> Any:
        """The gradients are computed and added to what the parameters hold."""
        roots = [item for item in flat([tensors]) if isinstance(item, Tensor)]
        leaves = self.record.safely(leaves_of, roots) or []
        stale = self.record.safely(self.gradients.before_backward, leaves)
        result = original(tensors, *args, **kwargs)
        self.record.safely(self._backward_done, roots, leaves, stale or frozenset())
        return result

    def _backward_done(self, roots: list[Tensor], leaves: list[Tensor], stale: frozenset[Key]) -> None:
        norms = self.gradients.after_backward(leaves)
        root = roots[0] if roots else None
        event = self.record.add(
            Backward, roots=tuple(self.record.op_of(item) for item in roots), stale=stale, norms=norms, is_leaf=root is not None and root.grad_fn is None,
            reached=frozenset(self.gradients.keys(leaves)), kept=self._kept(roots),
            value=root.item() if root is not None and root.numel() == 1 and root.device.type != "meta" else None,
        )  # fmt: skip
        for item in roots:
            self.losses.setdefault((event.site.file, event.site.line), []).append(weakref.ref(item))

    def _kept(self, roots: list[Tensor]) -> int:
        """How many earlier losses of this line still live with their graph."""
        from torchwise.rehearsal.watch.sites import site_here

        site = site_here()
        earlier = [found for ref in self.losses.get((site.file, site.line), ()) if (found := ref()) is not None]
        return sum(item.grad_fn is not None and all(item is not root for root in roots) for item in earlier)

    def grad(self, original: Callable[..., Any], outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Gradients are computed and given back."""
        result = original(outputs, inputs, *args, **kwargs)
        self.record.safely(self._grad_done, outputs, inputs)
        return result

    def _grad_done(self, outputs: Any, inputs: Any) -> None:
        roots = [item for item in flat([outputs]) if isinstance(item, Tensor)]
        asked = [item for item in flat([inputs]) if isinstance(item, Tensor)]
        reached = frozenset(self.gradients.keys(item for item in asked if item.is_leaf))
        self.record.add(Backward, roots=tuple(map(self.record.op_of, roots)), value=None, reached=reached, is_grad=True)

    def made(self, original: Callable[..., Any], optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """An optimizer is built."""
        original(optimizer, *args, **kwargs)
        self.record.safely(
            lambda: self.record.add(
                OptimizerMade,
                optimizer=self.record.optimizers.key(optimizer),
                kind=type(optimizer).__name__,
                parameters=self.gradients.keys(parameters_of(optimizer)),
            )
        )

    def step_begins(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """A hook of torch's: before every step of every optimizer."""
        self.record.safely(self._step_begins, optimizer)
        has_closure = _has_closure(args, kwargs)
        self.record.is_silent = not has_closure  # what the step itself computes is not the user's

    def _step_begins(self, optimizer: Optimizer) -> None:
        key = self.record.optimizers.key(optimizer)
        self.record.name_of("optimizer", optimizer, key)
        parameters = parameters_of(optimizer)
        count = self.num_steps[key] = self.num_steps.get(key, 0) + 1
        copies = [item.detach().clone() for item in _looked_at(parameters)] if count <= MOST_MOVES else None
        self.before[key] = (copies, *self.gradients.before_step(parameters))

    def step_ends(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """A hook of torch's: after every step of every optimizer."""
        self.record.is_silent = False
        has_closure = _has_closure(args, kwargs)
        self.record.safely(self._step_ends, optimizer, has_closure)

    def _step_ends(self, optimizer: Optimizer, has_closure: bool) -> None:
        key = self.record.optimizers.key(optimizer)
        copies, norms, stale = self.before.pop(key, (None, {}, frozenset()))
        parameters = parameters_of(optimizer)
        moved = None
        if copies is not None:
            moved = any(not torch.equal(a, b) for a, b in zip(copies, _looked_at(parameters), strict=True))
        self.gradients.after_step(parameters)
        self.record.add(
            Step, optimizer=key, kind=type(optimizer).__name__, parameters=self.gradients.keys(parameters),
            norms=norms, stale=stale, rates=rates_of(optimizer), has_closure=has_closure, has_moved=moved,
        )  # fmt: skip

    def zero(self, original: Callable[..., Any], owner: Any, *args: Any, **kwargs: Any) -> Any:
        """Gradients are cleared."""
        result = original(owner, *args, **kwargs)
        self.record.safely(self._zeroed, owner)
        return result

    def _zeroed(self, owner: Any) -> None:
        is_optimizer = isinstance(owner, Optimizer)
        keys = self.gradients.keys(parameters_of(owner) if is_optimizer else list(owner.parameters()))
        dropped = self.gradients.clear(keys)
        optimizer = self.record.optimizers.key(owner) if is_optimizer else None
        self.record.add(ZeroGrad, optimizer=optimizer, parameters=keys, dropped=dropped)

    def schedule(self, original: Callable[..., Any], scheduler: Any, *args: Any, **kwargs: Any) -> Any:
        """A scheduler changes the learning rate; its own first call, while it is built, is not noted."""
        optimizer = getattr(scheduler, "optimizer", None)
        before = rates_of(optimizer)
        result = original(scheduler, *args, **kwargs)
        self.record.safely(self._scheduled, scheduler, optimizer, before)
        return result

    def _scheduled(self, scheduler: Any, optimizer: Any, before: tuple[float, ...]) -> None:
        from torchwise.rehearsal.watch.sites import user_frames

        if getattr(scheduler, "_step_count", 2) <= 1 or not user_frames():
            return
        settings = {name: value for name, value in vars(scheduler).items() if isinstance(value, int | float | str)}
        key = self.record.others.key(scheduler)
        self.record.name_of("scheduler", scheduler, key)
        self.record.add(
            Schedule, scheduler=key, kind=type(scheduler).__name__, before=before, after=rates_of(optimizer),
            optimizer=None if optimizer is None else self.record.optimizers.key(optimizer), settings=settings,
        )  # fmt: skip

    def scaling(self, original: Callable[..., Any], scaler: GradScaler, *args: Any, **kwargs: Any) -> Any:
        """A gradient scaler is used."""
        result = original(scaler, *args, **kwargs)
        optimizer = next((item for item in args if isinstance(item, Optimizer)), None)
        self.record.safely(
            lambda: self.record.add(
                Scaling,
                name=original.__name__,
                scaler=self.record.others.key(scaler),
                is_enabled=scaler.is_enabled(),
                optimizer=None if optimizer is None else self.record.optimizers.key(optimizer),
            )
        )
        return result


def _has_closure(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a step was given a closure; the optimizer itself is the hook's first argument."""
    return any(item is not None for item in args[1:]) or kwargs.get("closure") is not None


def parameters_of(optimizer: Optimizer) -> list[Tensor]:
    """The parameters of all groups."""
    return [item for group in optimizer.param_groups for item in group["params"]]


def rates_of(optimizer: Any) -> tuple[float, ...]:
    """The learning rate of each group."""
    return tuple(float(group["lr"]) for group in getattr(optimizer, "param_groups", ()) if "lr" in group)


def _looked_at(parameters: list[Tensor]) -> list[Tensor]:
    """Parameters with gradients, as many as are quickly compared."""
    return [item.detach().reshape(-1)[:10_000] for item in parameters if item.requires_grad and not item.is_meta][:50]
