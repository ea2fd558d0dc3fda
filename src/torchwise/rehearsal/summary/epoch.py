"""How long an epoch takes on this machine, by the few steps that were seen."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Key

Pass = tuple[Key, int]  # a loader, and which pass over it


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """In seconds: one pass over the loader that is trained on, and over those that are evaluated as often."""

    seconds: float
    steps: int
    step_s: float
    has_evaluation: bool


def epoch_of(rehearsed: Rehearsed) -> Epoch | None:
    """The time of an epoch; None where no loader of a known length was trained on for two steps."""
    passes: dict[Pass, list[Batch]] = defaultdict(list)
    for batch in rehearsed.record.of(Batch):
        passes[batch.loader, batch.turn].append(batch)
    turns: dict[Key, int] = defaultdict(int)
    for loader, _ in passes:
        turns[loader] += 1
    trained = {loader for loader, _ in rehearsed.training_passes}
    times = {loader: _time(rehearsed, loader, passes) for loader in turns}
    known = {loader: time for loader, time in times.items() if time is not None}
    main = max((loader for loader in trained if loader in known), key=lambda loader: known[loader][0], default=None)
    if main is None:
        return None
    steps, step_s = known[main]
    evaluated = [
        loader for loader in known if loader not in trained and turns[loader] >= turns[main] and turns[main] > 1
    ]
    seconds = steps * step_s + sum(known[loader][0] * known[loader][1] for loader in evaluated)
    return Epoch(seconds=seconds, steps=steps, step_s=step_s, has_evaluation=bool(evaluated))


def _time(rehearsed: Rehearsed, loader: Key, passes: dict[Pass, list[Batch]]) -> tuple[int, float] | None:
    """How many batches a loader has, and the seconds from one to the next: the median, the first one left out."""
    steps = rehearsed.record.loader_info[loader].num_batches
    observed = [
        after.own_s - before.own_s
        for (number, _), batches in passes.items() if number == loader
        for before, after in pairwise(batches)
    ]  # fmt: skip
    return (steps, median(observed[1:])) if steps and len(observed) > 1 else None
