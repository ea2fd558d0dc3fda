"""The training as it goes: a bar in a terminal or notebook, plain lines elsewhere, nothing with --quiet."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from torchwise.runs.verdict import format_metric
from torchwise.texts import tr
from torchwise.train.loop import Epoch

LINE_EVERY_S = 2.0  # plain lines: the first epoch, the best so far after this long, and the last


def watch(
    epochs: Iterable[Epoch], total: int, console: Console, *, quiet: bool = False, label: str = ""
) -> Iterator[Epoch]:
    """Hand the epochs on, showing each: epoch, train and valid loss, metric, best so far, time left."""
    if quiet:
        yield from epochs
    elif console.is_terminal or console.is_jupyter:
        yield from _with_bar(epochs, total, console, label)
    else:
        yield from _with_lines(epochs, total, console, label)


def _with_bar(epochs: Iterable[Epoch], total: int, console: Console, label: str) -> Iterator[Epoch]:
    """A bar that is redrawn in place."""
    best: Epoch | None = None
    with _bar(console) as bar:
        task = bar.add_task(label, total=total, now="", best="")
        for epoch in epochs:
            best = epoch if epoch.is_best or best is None else best
            now = tr("epoch {number}", number=epoch.number) + "  " + _losses(epoch)
            bar.update(task, completed=epoch.number, now=now, best=_best(best))
            yield epoch


def _with_lines(epochs: Iterable[Epoch], total: int, console: Console, label: str) -> Iterator[Epoch]:
    """A line every few seconds, and one for the last epoch."""
    best: Epoch | None = None
    unshown: Epoch | None = None
    shown_at = float("-inf")

    def show(epoch: Epoch) -> None:
        numbered = tr("epoch {number}/{total}", number=epoch.number, total=total)
        console.print(
            "  ".join(part for part in (label, numbered, _losses(epoch), _best(best)) if part), soft_wrap=True
        )

    for epoch in epochs:
        best = epoch if epoch.is_best or best is None else best
        unshown = epoch
        if time.monotonic() - shown_at >= LINE_EVERY_S:
            show(epoch)
            unshown, shown_at = None, time.monotonic()
        yield epoch
    if unshown is not None:
        show(unshown)


@contextmanager
def _bar(console: Console) -> Iterator[Progress]:
    """The bar's columns; what doesn't fit a narrow terminal is cut at the right."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None if console.width >= 100 else 12),
        TextColumn("{task.fields[now]}"),
        TextColumn("[green]{task.fields[best]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, expand=console.width >= 100) as progress:
        yield progress


def _losses(epoch: Epoch) -> str:
    """The losses and the first metric of an epoch."""
    parts = [tr("train {loss}", loss=format_metric(epoch.train_loss))]
    if epoch.valid_loss is not None:
        parts.append(tr("valid {loss}", loss=format_metric(epoch.valid_loss)))
    for name, value in list(epoch.metrics.items())[:1]:
        parts.append(f"{name} {format_metric(value)}")
    return "  ".join(parts)


def _best(best: Epoch | None) -> str:
    """The best epoch so far."""
    if best is None:
        return ""
    loss = best.train_loss if best.valid_loss is None else best.valid_loss
    return tr("best {loss} (epoch {number})", loss=format_metric(loss), number=best.number)
