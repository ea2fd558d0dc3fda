"""`torchwise.check`: a setup, or a model with one batch, rehearsed in the same process, on copies."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, overload

import torch
from torch import nn

from torchwise.doctor.launch import watch_torch
from torchwise.errors import Problem
from torchwise.finding import Finding, Place
from torchwise.rehearsal.checks.all import check_all
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.running.activity import PATIENCE_S, Activity
from torchwise.rehearsal.running.answer import Answer, Group, placed, ranked
from torchwise.rehearsal.running.data_pass import LIMIT_S, read_data
from torchwise.rehearsal.running.ending import cleaned, findings_of
from torchwise.rehearsal.running.loaders import Loaders
from torchwise.rehearsal.running.loops import Loops
from torchwise.rehearsal.running.setups import Setup, loaders_of, seeds_kept, train_briefly
from torchwise.rehearsal.summary.called import summary_of
from torchwise.rehearsal.watch import watching
from torchwise.rehearsal.watch.sites import site_here
from torchwise.texts import tr


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A setup of a model, one batch, a loss and an optimizer."""

    model: nn.Module
    loss: Callable[..., Any]
    optimizer: torch.optim.Optimizer
    train: Any
    valid: Any = None
    batch_size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a setup is rehearsed: until its loops go through as few turns as they can, and for reading the data."""

    patience_s: float = PATIENCE_S
    data_s: float = LIMIT_S
    has_summary: bool = True


class Report(list[Finding]):
    """The findings, which print as a person reads them."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.findings)
        self.answer = answer

    def __str__(self) -> str:
        from torchwise.rehearsal.running.rendering import rendered

        return rendered(self.answer)

    __repr__ = __str__


@overload
def check(setup: Setup, /) -> Report: ...
@overload
def check(model: nn.Module, batch: Any, loss: Callable[..., Any], optimizer: torch.optim.Optimizer, /) -> Report: ...
def check(*parts: Any) -> Report:
    """Rehearse a setup, or a model with one batch: the findings, none of which was raised.

    setup: anything with model, loss, optimizer, train, valid and batch_size. batch: (inputs, targets).
    The model and the optimizer stay as they are, and so do the random numbers. Raises Problem for other arguments.

    >>> print(torchwise.check(setup))
    """
    if len(parts) not in (1, 4):
        raise Problem(tr("check takes a setup, or a model, a batch, a loss and an optimizer"),
                      fix="torchwise.check(setup)")  # fmt: skip
    setup = (
        parts[0]
        if len(parts) == 1
        else Parts(model=parts[0], train=iter([parts[1]]), loss=parts[2], optimizer=parts[3])
    )
    missing = [name for name in ("model", "loss", "optimizer", "train") if not hasattr(setup, name)]
    if missing:
        raise Problem(tr("the setup has no {names}", names=", ".join(missing)), fix="torchwise.check(setup)")
    return Report(rehearse_setup(setup, site_here().place()))


def rehearse_setup(setup: Setup, where: Place, limits: Limits = Limits()) -> Answer:
    """Rehearse in this process, and leave it as it was. where: for what has no line of its own."""
    activity = Activity()
    activity.patience_s = limits.patience_s
    loaders = Loaders(activity, Loops(activity))
    began = time.perf_counter()
    own = loaders_of(setup)
    with _explaining(), seeds_kept(*own.values()):
        with ExitStack() as stack:
            stack.enter_context(activity.counting())
            stack.enter_context(loaders.shortened())
            record = stack.enter_context(watching())
            error = _error_of(setup, own)
        failure: Group = () if error is None else tuple(findings_of(error))
        rehearsed = Rehearsed(record=record, globals=dict(own))
        groups: list[Group] = [(finding,) for finding in check_all(rehearsed)]
        found, said = read_data(list(loaders.used.values()), rehearsed, limits.data_s)
        groups = list(ranked([placed(group, where) for group in groups + found]))
        is_well = error is None and not any(group[0].sure for group in groups)
        summary = summary_of(rehearsed) if is_well and limits.has_summary else None
    return Answer(
        failure=placed(failure, where),
        groups=tuple(groups),
        summary=summary,
        data=tuple(map(str, said)),
        seconds=time.perf_counter() - began,
    )


def _error_of(setup: Setup, loaders: dict[str, Any]) -> Exception | None:
    """What a brief training raises, our own frames taken out."""
    try:
        train_briefly(setup, loaders)
    except Problem:
        raise
    except Exception as error:
        cleaned(error)
        return error
    return None


@contextmanager
def _explaining() -> Iterator[None]:
    """Let the doctor know where modules fail in workers too; afterwards torch is as it was."""
    from torchwise.doctor import recorder, threads, workers

    was_there = hasattr(nn.Module.__init__, "_torchwise")
    watch_torch()
    try:
        yield
    finally:
        if not was_there:
            for part in (recorder, workers, threads):
                part.uninstall()
