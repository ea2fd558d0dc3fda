"""The check at the start of a training: a setup rehearsed for a moment, on copies of all its parts, data included."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from torchwise.errors import Problem
from torchwise.finding import Place
from torchwise.rehearsal.copies import copy_together
from torchwise.rehearsal.running.answer import Answer
from torchwise.rehearsal.running.api import Limits, Parts, rehearse_setup
from torchwise.rehearsal.running.setups import Setup
from torchwise.texts import tr

BRIEF = Limits(patience_s=0.5, data_s=0.5, has_summary=False)
MOST_COPIED = 2**30  # bytes


def check_briefly(setup: Setup, where: Place) -> Answer:
    """What a few steps of the setup show; its training afterwards gives the very numbers that it gives without this.

    where: for findings that have no line of their own. Raises Problem if the parts can't be copied.
    """
    parts = _copied(setup)
    with contextlib.redirect_stdout(io.StringIO()):
        return rehearse_setup(parts, where, limits=BRIEF)


def _copied(setup: Setup) -> Parts:
    """Copies that belong together as the originals do, the model where it will be trained."""
    data = [setup.train, setup.valid]
    shared = [tensor for part in data for tensor in _only_read(part)]
    size = sum(_size(item) for part in data for item in _held(part)) - sum(map(_size, shared))
    if size > MOST_COPIED:
        raise _left_out(tr("its data take {size} GiB, and a check would have to copy them", size=f"{size / 2**30:.1f}"))
    memo = {id(tensor): tensor for tensor in shared}
    try:
        model, loss, optimizer, train, valid = copy_together((setup.model, setup.loss, setup.optimizer, *data), memo)
    except Exception as error:
        raise _left_out(f"{type(error).__name__}: {error}") from error
    for loader in (train, valid):
        if isinstance(loader, DataLoader):
            loader.num_workers, loader.prefetch_factor = 0, None
    device = torch.device(getattr(setup, "device", "cpu"))
    if device.type == "cuda":  # what else there is has random numbers that can't be put back
        torch.cuda.init()  # type: ignore[no-untyped-call]
        for part in (model, loss):
            if isinstance(part, nn.Module):
                part.to(device)
    return Parts(model=model, loss=loss, optimizer=optimizer, train=train, valid=valid, batch_size=setup.batch_size)


def _left_out(why: str) -> Problem:
    return Problem(
        tr("the setup was not checked, for that must not change it, and it can't be copied"),
        why=why,
        fix=tr("torchwise check recipe.py rehearses it in a process of its own"),
    )


def _only_read(data: Any) -> list[Tensor]:
    """The tensors of torch's own data set, which never writes to them: they need no copy."""
    data = data.dataset if isinstance(data, DataLoader) else data
    return list(data.tensors) if type(data) is TensorDataset else []


def _held(data: Any, depth: int = 0) -> Iterator[Any]:
    """What a data set has in its attributes, and those in it."""
    for value in list(getattr(data, "__dict__", {}).values()):
        values = value if isinstance(value, list | tuple) else [value]
        yield from values
        for inner in values[:64] if depth < 3 else ():
            yield from _held(inner, depth + 1)


def _size(value: Any) -> int:
    """The bytes of a tensor or an array."""
    size = getattr(value, "nbytes", 0)
    return size if isinstance(size, int) else 0
