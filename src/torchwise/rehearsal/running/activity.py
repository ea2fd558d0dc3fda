"""What goes on while a script is rehearsed, counted: steps of optimizers, backward passes, evaluations."""

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

from torchwise.rehearsal.running.replacing import replacing

MOST_ACCUMULATED = 64  # backward passes for one step of an optimizer
PATIENCE_S = 2.0  # of computing in training and evaluating, after which each loop goes through as few turns as it can


class Activity:
    """Counters that only grow; `serial` grows with each of them."""

    def __init__(self) -> None:
        self.serial = self.optimizers = self.optimizer_steps = self.backwards = self.evaluations = self.loaders = 0
        self.depth = 0  # of the modules that are being called
        self.patience_s = PATIENCE_S
        self._process, self._thread = os.getpid(), threading.get_ident()
        self._began_s: float | None = None

    @property
    def is_here(self) -> bool:
        """Whether this is the process and the thread that is rehearsed."""
        return self._process == os.getpid() and self._thread == threading.get_ident()

    @property
    def steps(self) -> int:
        """The steps taken: of optimizers, or backward passes where none is there, or none ever steps."""
        is_by_hand = not self.optimizers or (not self.optimizer_steps and self.backwards > MOST_ACCUMULATED)
        return self.backwards if is_by_hand else self.optimizer_steps

    @property
    def is_slow(self) -> bool:
        """Whether the steps take long. Time of this thread: a machine that is busy otherwise makes no step a slow one."""
        return self._began_s is not None and time.thread_time() - self._began_s > self.patience_s

    def count(self, name: str) -> None:
        """One more."""
        if self._began_s is None and name in ("backwards", "evaluations"):
            self._began_s = time.thread_time()
        setattr(self, name, getattr(self, name) + 1)
        self.serial += 1

    @contextmanager
    def counting(self) -> Iterator["Activity"]:
        """Count what happens in the block."""
        handles = [
            register_module_forward_pre_hook(self._entered),
            register_module_forward_hook(self._left, always_call=True),
            register_optimizer_step_post_hook(lambda *_: self.count("optimizer_steps")),
        ]
        with replacing() as replacements:
            replacements.put(Optimizer, "__init__", self._counted(Optimizer.__init__, "optimizers"))
            for name in ("backward", "grad"):
                replacements.put(torch.autograd, name, self._counted(getattr(torch.autograd, name), "backwards"))
            try:
                yield self
            finally:
                for handle in handles:
                    handle.remove()

    def _counted(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(original)
        def counted(*args: Any, **named: Any) -> Any:
            self.count(name)
            return original(*args, **named)

        return counted

    def _entered(self, module: nn.Module, _: Any) -> None:
        """A module with parameters, called by itself without gradients, evaluates."""
        if not self.is_here:
            return
        self.depth += 1
        if self.depth == 1 and not torch.is_grad_enabled() and next(module.parameters(), None) is not None:
            self.count("evaluations")

    def _left(self, module: nn.Module, _: Any, __: Any) -> None:
        if self.is_here:
            self.depth -= 1
