"""Column importance: how much worse the metric becomes when a column's values are shuffled among the valid rows.

**Source** permutation importance (Breiman: Random Forests, 2001), model-agnostic (Fisher, Rudin, Dominici, 2019).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from torchwise.data.schema import Schema
from torchwise.runs.report.content import Importance, Importances
from torchwise.train import metrics

NUM_SHUFFLES = 5
MOST_ROWS = 2000
MOST_COLUMNS = 30
FEWEST_ROWS = 50  # of those that rank many columns
WORK = 2e10  # multiplications that the shuffles may cost, by the count of parameters: a second or so


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Rows with the network that answers for them: a fold, or the valid part.

    inputs: (rows, slots), float32, as Schema.inputs gives. targets: (rows,).
    """

    answer: Callable[[Tensor], Tensor]
    inputs: Tensor
    targets: Tensor


def importances_of(schema: Schema, groups: Sequence[Judged], *, num_parameters: int, seed: int) -> Importances:
    """The importance of each column that the model sees, in the task's main metric; of many columns the strongest."""
    metric = metrics.OF_TASK[schema.target.task][0]
    slots: dict[str, list[int]] = {}
    for place, slot in enumerate(schema.slots):
        slots.setdefault(slot.column, []).append(place)
    names = list(slots)
    if len(names) > MOST_COLUMNS:
        fitting = int(WORK / (len(names) * num_parameters))
        few = _taken(groups, max(FEWEST_ROWS, min(500, fitting)), seed)
        moved = [_moved(few, slots[name], seed + place) for place, name in enumerate(names)]
        strongest = sorted(range(len(names)), key=lambda i: (-moved[i], i))[:MOST_COLUMNS]
        names = [names[i] for i in sorted(strongest)]
    fitting = int(WORK / (len(names) * NUM_SHUFFLES * num_parameters))
    taken = _taken(groups, max(FEWEST_ROWS, min(MOST_ROWS, fitting)), seed)
    base = _measured(metric, taken, [group.inputs for group in taken])
    sign = 1 if metric in metrics.LOWER_IS_BETTER else -1
    found = []
    for place, name in enumerate(names):
        generator = torch.Generator().manual_seed(seed + place)
        worse = [
            sign
            * (_measured(metric, taken, [_shuffled(group.inputs, slots[name], generator) for group in taken]) - base)
            for _ in range(NUM_SHUFFLES)
        ]
        found.append(Importance(column=name, mean=float(np.mean(worse)), spread=float(np.std(worse, ddof=1))))
    found.sort(key=lambda entry: -entry.mean)
    return Importances(
        metric=metric,
        base=base,
        num_rows=sum(len(group.targets) for group in taken),
        num_shuffles=NUM_SHUFFLES,
        num_columns=len(slots),
        columns=tuple(found),
    )


def _taken(groups: Sequence[Judged], most: int, seed: int) -> list[Judged]:
    """At most so many rows, of each group in proportion."""
    whole = sum(len(group.targets) for group in groups)
    if whole <= most:
        return list(groups)
    generator = torch.Generator().manual_seed(seed)
    taken = []
    for group in groups:
        count = max(1, most * len(group.targets) // whole)
        rows = torch.randperm(len(group.targets), generator=generator)[:count]
        taken.append(Judged(answer=group.answer, inputs=group.inputs[rows], targets=group.targets[rows]))
    return taken


def _shuffled(inputs: Tensor, slots: list[int], generator: torch.Generator) -> Tensor:
    """The inputs, these slots in the order of other rows (all slots of a date together)."""
    order = torch.randperm(len(inputs), generator=generator)
    mixed = inputs.clone()
    mixed[:, slots] = inputs[order][:, slots]
    return mixed


def _moved(groups: Sequence[Judged], slots: list[int], seed: int) -> float:
    """How far the answers move on average when these slots are shuffled once."""
    generator = torch.Generator().manual_seed(seed)
    moves = [
        (group.answer(_shuffled(group.inputs, slots, generator)) - group.answer(group.inputs)).abs().sum()
        for group in groups
    ]
    return float(torch.stack(moves).sum())


def _measured(metric: str, groups: Sequence[Judged], inputs: Sequence[Tensor]) -> float:
    """The metric over the rows of all groups, with these inputs."""
    answers = torch.cat([group.answer(own) for group, own in zip(groups, inputs, strict=True)])
    targets = torch.cat([group.targets for group in groups])
    return metrics.measure([metric], answers, targets)[metric]
