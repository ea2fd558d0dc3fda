"""Turning the watch on and off: one mode, two global hooks, and replaced functions that are all put back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

import torch

from torchwise.rehearsal.replacing import replaced
from torchwise.rehearsal.watch.deeds import Deeds
from torchwise.rehearsal.watch.mode import Watcher
from torchwise.rehearsal.watch.record import Record
from torchwise.rehearsal.watch.training import Training

Wrapper = Callable[..., Any]  # (original, *args, **kwargs) -> what the original gives


@contextmanager
def watching() -> Iterator[Record]:
    """Note what a script does with torch. At the end everything is as it was, also after an error."""
    from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

    record = Record()
    deeds, training = Deeds(record), Training(record)
    with ExitStack() as stack:
        for owner, name, wrapper in (*deeds.wrappers(), *training.wrappers()):
            stack.enter_context(wrapped(owner, name, wrapper))
        for handle in (
            register_optimizer_step_pre_hook(training.step_begins),
            register_optimizer_step_post_hook(training.step_ends),
        ):
            stack.callback(handle.remove)
        stack.enter_context(_uncompiled())
        stack.enter_context(Watcher(record))
        yield record


@contextmanager
def wrapped(owner: Any, name: str, wrapper: Wrapper) -> Iterator[None]:
    """A function replaced by one that calls the wrapper with it."""
    original = getattr(owner, name)

    @wraps(original)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    with replaced(owner, name, replacement):
        yield


@contextmanager
def _uncompiled() -> Iterator[None]:
    """torch.compile leaves what it is given as it is: compiling takes minutes, and hides what happens."""

    def plain(original: Any, model: Any = None, **options: Any) -> Any:
        return model if model is not None else lambda function: function

    with (
        wrapped(torch, "compile", plain),
        wrapped(torch.nn.Module, "compile", lambda original, module, *args, **options: None),
    ):
        yield
