"""The history of a run: one JSON line an epoch, readable while it grows."""

import json
import os
from pathlib import Path
from typing import Any

from torchwise.errors import Problem
from torchwise.files import fault_of, finite, write_atomically
from torchwise.texts import tr
from torchwise.train.loop import Epoch

FILE = "history.jsonl"


def append(folder: Path, epoch: Epoch) -> None:
    """Add one line: epoch, train_loss, valid_loss, the metrics, lr, seconds."""
    line = {"epoch": epoch.number, "train_loss": epoch.train_loss, "valid_loss": epoch.valid_loss}
    line |= {**epoch.metrics, "lr": epoch.lr, "seconds": round(epoch.seconds, 4)}
    try:
        with open(folder / FILE, "a", encoding="utf-8") as file:
            file.write(json.dumps(finite(line)) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise fault_of(folder / FILE, error) from error


def cut(folder: Path, epochs: int) -> None:
    """Keep the lines of the first `epochs` epochs: what was written after the checkpoint will be written again."""
    path = folder / FILE
    lines = path.read_bytes().splitlines()[:epochs] if path.exists() else []
    try:
        for line in lines:
            json.loads(line)
    except ValueError as error:
        raise _damaged(path, error) from error
    if len(lines) < epochs:
        raise Problem(
            tr("{path} has lost the lines of some epochs", path=path),
            why=tr("{lines} lines, where {epochs} epochs were trained", lines=len(lines), epochs=epochs),
            fix=tr("use another copy of the run, or train again"),
        )
    write_atomically(path, lambda temporary: temporary.write_bytes(b"".join(line + b"\n" for line in lines)))


def read(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's history, in order. Raises Problem if one is damaged."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise _damaged(folder / FILE, error) from error


def _damaged(path: Path, error: Exception) -> Problem:
    """The Problem for a history that can't be read."""
    return Problem(
        tr("{path} is damaged", path=path), why=str(error), fix=tr("use another copy of the run, or train again")
    )
