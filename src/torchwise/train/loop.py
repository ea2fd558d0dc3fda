"""The training loop, in one place: train, validate, and hand each epoch to the caller."""

import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR, ReduceLROnPlateau

from torchwise.data.batches import Batch, batches, inputs_to_device, to_device
from torchwise.errors import Problem
from torchwise.texts import tr
from torchwise.train.metrics import Meter
from torchwise.train.setup import Data, Setup
from torchwise.train.state import State

ELEMENTWISE = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One pass over the train data, and what the valid data said after it. Losses are means over samples."""

    number: int
    train_loss: float
    valid_loss: float | None
    metrics: dict[str, float] = field(default_factory=dict)
    lr: float
    seconds: float
    is_best: bool


def fit(setup: Setup, state: State | None = None, *, epochs: int) -> Iterator[Epoch]:
    """Train until `epochs` epochs are done, yielding each when it is finished.

    Afterwards the model has its last weights; `state.best()` loads the best. Stop early by leaving the `for`.
    """
    state = state or State(setup)
    while state.epoch < epochs:
        started = time.perf_counter()
        lr = setup.optimizer.param_groups[0]["lr"]
        train_loss = train_epoch(setup)
        measured = evaluate(setup, setup.valid) if setup.valid is not None else {}
        valid_loss = measured.pop("loss", None)
        watched_loss = train_loss if valid_loss is None else valid_loss
        step_schedule(setup, watched_loss)
        is_best = state.keep_if_best(watched_loss)
        yield Epoch(
            number=state.epoch,
            train_loss=train_loss,
            valid_loss=valid_loss,
            metrics=measured,
            lr=lr,
            seconds=time.perf_counter() - started,
            is_best=is_best,
        )


def train_epoch(setup: Setup) -> float:
    """Once through the train data, a step a batch. Returns the mean loss over its samples."""
    has_closure = needs_closure(setup.optimizer)
    loss_sum, num_samples = _zero(setup), 0
    for batch in _batches(setup, setup.train, shuffle=True):
        inputs, targets = to_device(batch, setup.device)
        gradients = partial(compute_gradients, setup, inputs, targets)
        if has_closure:  # LBFGS evaluates the loss several times a step
            loss: Any = setup.optimizer.step(gradients)  # type: ignore[arg-type]  # torch's stub wants a float
        else:
            loss = gradients()
            setup.optimizer.step()
        if isinstance(setup.schedule, OneCycleLR | CyclicLR):
            setup.schedule.step()
        # Summed on the device: .item() here would make a GPU wait at every step.
        loss_sum += loss.detach().to(loss_sum.dtype) * len(targets)
        num_samples += len(targets)
    return float(loss_sum) / num_samples * setup.unit.loss_scale


def compute_gradients(setup: Setup, inputs: tuple[Any, ...], targets: Any) -> Tensor:
    """Forward, loss and backward for one batch: fresh gradients in the parameters. Returns the loss."""
    setup.optimizer.zero_grad()
    outputs = setup.model(*inputs)
    check_broadcast(setup.loss, outputs, targets)
    loss = setup.loss(outputs, targets)
    loss.backward()  # type: ignore[no-untyped-call]
    if setup.clip is not None:
        nn.utils.clip_grad_norm_(setup.model.parameters(), setup.clip)
    return loss


def evaluate(setup: Setup, data: Any) -> dict[str, float]:
    """The loss and the metrics on labelled `data`: sums over samples divided by their count.

    data: a Dataset or DataLoader; for the Setup of a table also a path, "builtin:NAME" or a frame.
    The model is in eval mode meanwhile, and each of its modules has its own mode again afterwards.
    """
    setup.model.to(setup.device)
    loss_sum, num_samples = _zero(setup), 0
    meter = Meter(setup.metrics, setup.unit)
    with evaluating(setup.model):
        for batch in _batches(setup, setup.as_data(data, labelled=True), shuffle=False):
            inputs, targets = to_device(batch, setup.device)
            outputs = setup.model(*inputs)
            check_broadcast(setup.loss, outputs, targets)
            loss_sum += setup.loss(outputs, targets).to(loss_sum.dtype) * len(targets)
            num_samples += len(targets)
            meter.update(outputs, targets)
    return {"loss": float(loss_sum) / num_samples * setup.unit.loss_scale, **meter.compute()}


def predict(setup: Setup, data: Any) -> Tensor:
    """The model's outputs for `data`, batch after batch, on the CPU. `data` as for `evaluate`.

    Samples are inputs alone, or (inputs, targets) as for training; the targets are not looked at.
    Returns (samples, ...): what the model gives for a sample. For a table: (rows,) values in the target's unit, or
    (rows, classes) probabilities.
    """
    setup.model.to(setup.device)
    with evaluating(setup.model):
        outputs = [
            setup.answers(setup.model(*inputs_to_device(batch, setup.device))).cpu()
            for batch in _batches(setup, setup.as_data(data, labelled=False), shuffle=False)
        ]
    return torch.cat(outputs)


def check_broadcast(loss: Any, outputs: Any, targets: Any) -> None:
    """Raise Problem where an element-wise loss would compare (batch, 1) with (batch,): each output with all targets."""
    if isinstance(loss, ELEMENTWISE) and outputs.shape != targets.shape:
        raise Problem(
            tr(
                "the loss compares outputs {outputs} with targets {targets} by broadcasting",
                outputs=tuple(outputs.shape),
                targets=tuple(targets.shape),
            ),
            why=tr("each output is compared with all targets, so the model learns only their average"),
            fix=tr("give both one shape: outputs.squeeze(1) at the end of forward, or targets.unsqueeze(1)"),
        )


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Eval mode and no gradients; afterwards each module's own mode again, so a frozen batch norm stays frozen."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def step_schedule(setup: Setup, loss: float) -> None:
    """Let the schedule set the next epoch's learning rate; those that count steps have done so already."""
    if isinstance(setup.schedule, ReduceLROnPlateau):
        setup.schedule.step(loss)
    elif setup.schedule is not None and not isinstance(setup.schedule, OneCycleLR | CyclicLR):
        setup.schedule.step()


def _zero(setup: Setup) -> Tensor:
    """Where an epoch's loss is summed: float64, but on Apple's GPU, which has none."""
    dtype = torch.float32 if torch.device(setup.device).type == "mps" else torch.float64
    return torch.zeros((), dtype=dtype, device=setup.device)


def _batches(setup: Setup, data: Data, *, shuffle: bool) -> Iterator[Batch]:
    """The batches of `data` as the Setup wants them."""
    return batches(data, batch_size=setup.batch_size or 32, shuffle=shuffle, workers=setup.workers)


def needs_closure(optimizer: torch.optim.Optimizer) -> bool:
    """Whether `step` cannot be called without a function that computes the loss again."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is inspect.Parameter.empty
