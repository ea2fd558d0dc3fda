"""The history of a run: one JSON line an epoch, readable while it grows."""

import json
from pathlib import Path
from typing import Any

from torchwise.errors import Problem
from torchwise.runs.files import finite
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
    except OSError as error:
        raise Problem(
            tr("{path} could not be written", path=folder / FILE),
            why=error.strerror or str(error),
            fix=tr("free some space, or choose a folder you may write to"),
        ) from error


def read(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's history, in order. Raises Problem if one is damaged."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise Problem(tr("{path} is damaged", path=folder / FILE), why=str(error)) from error
