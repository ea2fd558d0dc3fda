"""The training as it goes: a bar in a terminal or notebook, plain lines elsewhere, nothing on a quiet console."""

import time
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from torchwise.runs.verdict import format_metric
from torchwise.texts import tr
from torchwise.train.loop import Epoch
from torchwise.train.setup import Setup
from torchwise.train.state import State

WIDE, NARROW = 100, 72  # columns from which a bar also shows the metric, and the train loss
LINE_EVERY_S = 2.0  # plain lines: the first epoch, the best so far after this long, and the last


def announce(setup: Setup, console: Console) -> None:
    """What will be trained, and where."""
    count = sum(parameter.numel() for parameter in setup.model.parameters() if parameter.requires_grad)
    console.print(
        tr(
            "training {count} parameters on {device}: {optimizer} lr {lr:g}, batch size {batch_size}",
            count=f"{count:,}",
            device=setup.device,
            optimizer=type(setup.optimizer).__name__,
            lr=setup.optimizer.param_groups[0]["lr"],
            batch_size=setup.batch_size,
        ),
        highlight=False,
    )


def watch(epochs: Iterable[Epoch], state: State, total: int, console: Console, *, label: str = "") -> Iterator[Epoch]:
    """Hand the epochs on, showing each: epoch, train and valid loss, metric, best so far, time left."""
    if console.quiet:
        yield from epochs
    elif console.is_terminal or console.is_jupyter:
        yield from _with_bar(epochs, state, total, console, label)
    else:
        yield from _with_lines(epochs, state, total, console, label)


def _with_bar(epochs: Iterable[Epoch], state: State, total: int, console: Console, label: str) -> Iterator[Epoch]:
    """A bar that is redrawn in place; on a narrow terminal it says less."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None if console.width >= WIDE else 8),
        TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[losses]}"),
        TextColumn("{task.fields[best]}", style="green"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, expand=console.width >= WIDE) as bar:
        task = bar.add_task(label, total=total, losses="", best="")
        for epoch in epochs:
            losses = _losses(epoch, " ", with_train=console.width >= NARROW, with_metric=console.width >= WIDE)
            bar.update(task, completed=epoch.number, losses=losses, best=_best(state))
            yield epoch


def _with_lines(epochs: Iterable[Epoch], state: State, total: int, console: Console, label: str) -> Iterator[Epoch]:
    """A line every few seconds, and one for the last epoch."""
    unshown: Epoch | None = None
    shown_at = float("-inf")

    def show(epoch: Epoch) -> None:
        numbered = tr("epoch {number}/{total}", number=epoch.number, total=total)
        console.print(
            "  ".join(part for part in (label, numbered, _losses(epoch), _best(state)) if part), soft_wrap=True
        )

    for epoch in epochs:
        unshown = epoch
        if time.monotonic() - shown_at >= LINE_EVERY_S:
            show(epoch)
            unshown, shown_at = None, time.monotonic()
        yield epoch
    if unshown is not None:
        show(unshown)


def _losses(epoch: Epoch, between: str = "  ", *, with_train: bool = True, with_metric: bool = True) -> str:
    """The losses and the first metric of an epoch."""
    parts = [tr("train {loss}", loss=format_metric(epoch.train_loss))] if with_train or epoch.valid_loss is None else []
    if epoch.valid_loss is not None:
        parts.append(tr("valid {loss}", loss=format_metric(epoch.valid_loss)))
    if with_metric:
        parts += [f"{name} {format_metric(value)}" for name, value in list(epoch.metrics.items())[:1]]
    return between.join(parts)


def _best(state: State) -> str:
    """The best epoch so far."""
    if not state.best_epoch:
        return ""
    return tr("best {loss} (epoch {number})", loss=format_metric(state.best_loss), number=state.best_epoch)
