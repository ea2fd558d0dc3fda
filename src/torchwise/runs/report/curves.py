"""The learning curves of a run, thinned out: from history.jsonl to numbers."""

import math
from typing import Any

import numpy as np

from torchwise.runs.report.content import Curve

MOST_EPOCHS = 500  # of a curve; the first, the best and the last are always among them


def curve_of(history: list[dict[str, Any]], *, name: str, ending: str, best_epoch: int) -> Curve:
    """The curve of one network. A loss that is not finite stands in the history as null, and here as NaN."""
    lines = [line for line in history if isinstance(line.get("epoch"), int)]
    kept = set(np.linspace(0, max(0, len(lines) - 1), min(MOST_EPOCHS, len(lines))).round().astype(int).tolist())
    kept |= {i for i, line in enumerate(lines) if line["epoch"] == best_epoch}
    has_valid = any(line.get("valid_loss") is not None for line in lines)
    chosen = [line for i, line in enumerate(lines) if i in kept]
    return Curve(
        name=name,
        ending=ending,
        num_epochs=lines[-1]["epoch"] if lines else 0,
        best_epoch=best_epoch,
        epochs=tuple(line["epoch"] for line in chosen),
        train=tuple(_number(line.get("train_loss")) for line in chosen),
        valid=tuple(_number(line.get("valid_loss")) for line in chosen) if has_valid else (),
    )


def _number(value: Any) -> float:
    """A loss; NaN for null."""
    return float(value) if isinstance(value, int | float) else math.nan
