"""A setup rehearsed: its parts trained for a few batches and validated, on copies, as `torchwise train` would."""

import random
import warnings
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from torchwise.errors import Problem
from torchwise.rehearsal.copies import copy_together
from torchwise.texts import tr


class Setup(Protocol):
    """What can be rehearsed: torchwise.Setup, or anything else with these."""

    @property
    def model(self) -> nn.Module:
        """The model."""

    @property
    def loss(self) -> Callable[..., Any]:
        """The loss of outputs and targets."""

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimizer of the model's parameters."""

    @property
    def train(self) -> Any:
        """A Dataset of (inputs, targets), or a DataLoader."""

    @property
    def valid(self) -> Any:
        """The same, or None."""

    @property
    def batch_size(self) -> int | None:
        """For a Dataset."""


def train_briefly(setup: Setup, loaders: dict[str, Iterable[Any]]) -> None:
    """Train copies of the setup's parts for one epoch and validate them. The loaders say how long an epoch is.

    Raises whatever the parts raise.
    """
    model, loss, optimizer = copied(setup.model, setup.loss, setup.optimizer)
    with seeds_kept(*loaders.values()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the findings say it
        model.train()
        for batch in loaders["train"]:
            _step(model, loss, optimizer, moved(batch, model))
        model.eval()
        with torch.no_grad():
            for batch in loaders.get("valid", ()):
                *inputs, targets = moved(batch, model)
                loss(model(*inputs), targets)


def loaders_of(setup: Setup) -> dict[str, Iterable[Any]]:
    """The loaders of "train" and "valid", the user's own or of their data sets."""
    found = {"train": _loader_of(setup.train, setup.batch_size, shuffled=True)}
    if getattr(setup, "valid", None) is not None:
        found["valid"] = _loader_of(setup.valid, setup.batch_size, shuffled=False)
    return found


def _step(model: nn.Module, loss: Callable[..., Any], optimizer: torch.optim.Optimizer, batch: list[Any]) -> None:
    """One step on one batch; as a closure for LBFGS, which calls it again."""
    *inputs, targets = batch

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss(model(*inputs), targets)
        value.backward()
        return value

    if isinstance(optimizer, torch.optim.LBFGS):
        optimizer.step(closure)  # type: ignore[no-untyped-call]
    else:
        closure()
        optimizer.step()


def copied(
    model: nn.Module, loss: Callable[..., Any], optimizer: torch.optim.Optimizer
) -> tuple[nn.Module, Callable[..., Any], torch.optim.Optimizer]:
    """Copies that belong together as the originals do. Raises Problem if they can't be copied."""
    try:
        model, loss, optimizer = copy_together((model, loss, optimizer))
    except Exception as error:
        raise Problem(
            tr("the model can't be copied, and a check must not change it"),
            why=f"{type(error).__name__}: {error}",
            fix=tr("check it in a script: torchwise check train.py"),
        ) from error
    return model, loss, optimizer


def _loader_of(data: Any, batch_size: int | None, *, shuffled: bool) -> Iterable[Any]:
    """The user's own loader, or one of their data set."""
    if isinstance(data, DataLoader):
        return data
    if not hasattr(data, "__getitem__") and not isinstance(data, IterableDataset):
        return cast(Iterable[Any], data)
    is_shuffled = shuffled and not isinstance(data, IterableDataset) and isinstance(data, Sized)
    return DataLoader(data, batch_size=batch_size or 32, shuffle=is_shuffled)


def moved(batch: Any, model: nn.Module) -> list[Any]:
    """The values of a batch, its tensors where the model is."""
    parameter = next(model.parameters(), None)
    values = list(batch) if isinstance(batch, list | tuple) else [batch]
    if parameter is None:
        return values
    return [value.to(parameter.device) if isinstance(value, Tensor) else value for value in values]


@contextmanager
def seeds_kept(*data: Any) -> Iterator[None]:
    """Let all random numbers after the block be those that would have come without it."""
    generators = [
        generator for loader in data if isinstance(loader, DataLoader)
        for generator in (loader.generator, getattr(loader.sampler, "generator", None)) if generator is not None
    ]  # fmt: skip
    own = [(generator, generator.get_state()) for generator in generators]
    python, numpy = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        for generator, state in own:
            generator.set_state(state)
