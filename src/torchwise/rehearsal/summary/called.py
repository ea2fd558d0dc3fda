"""The models that a rehearsal called, summarized: those that are trained first, each kind once."""

from collections.abc import Iterator
from dataclasses import dataclass

from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.summary.epoch import Epoch, epoch_of
from torchwise.rehearsal.summary.models import ModelSummary, Row, described, summarize
from torchwise.rehearsal.watch.events import Call, Key
from torchwise.rehearsal.watch.facts import Fact
from torchwise.rehearsal.watch.models import Given

MOST_MODELS = 3


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The models, how many more there were, and the time of an epoch where it is known."""

    models: tuple[ModelSummary, ...]
    more: int = 0
    epoch: Epoch | None = None


def summary_of(rehearsed: Rehearsed, *, has_time: bool = True) -> Summary | None:
    """The summary of a rehearsal; None if nothing ran that could learn. has_time: whether the times mean anything."""
    kept = _chosen(rehearsed.record.models)
    if not kept and not rehearsed.backwards:
        return None
    models = tuple(_summary(rehearsed, key, given) for key, given in kept[:MOST_MODELS])
    more = len(kept) - len(models)
    return Summary(models=models, more=more, epoch=epoch_of(rehearsed) if has_time else None)


def _chosen(models: dict[Key, Given]) -> list[tuple[Key, Given]]:
    """Those that train first; not the parts of others, and one of those that are alike (folds, teachers)."""
    inside = {key for given in models.values() for path, key in given.parts.items() if path}
    chosen: dict[object, tuple[Key, Given]] = {}
    for key, given in sorted(models.items(), key=lambda item: not item[1].trains):
        if key not in inside:
            chosen.setdefault((given.kinds, given.sizes), (key, given))
    return list(chosen.values())


def _summary(rehearsed: Rehearsed, key: Key, given: Given) -> ModelSummary:
    """By a pass without numbers; where the model needs some, by the calls that were seen."""
    name = rehearsed.record.module_info[key].path
    try:
        return summarize(given, name)
    except Exception as error:  # whatever the model says to tensors without numbers
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return ModelSummary(name=name, rows=tuple(_rows(rehearsed, given)), unknown=reason, **described(given))


def _rows(rehearsed: Rehearsed, given: Given) -> Iterator[Row]:
    """The rows as the real calls show them: without operations and activations."""
    outputs: dict[Key, Fact | None] = {}
    for call in rehearsed.record.of(Call):
        outputs.setdefault(call.module, call.outputs[0].fact if call.outputs else None)
    for (path, key), kind, size in zip(given.parts.items(), given.kinds, given.sizes, strict=True):
        if key in outputs:
            fact = outputs[key]
            yield Row(
                path=path, kind=kind, shape=None if fact is None else fact.shape, parameters=size,
                dtype="" if fact is None else str(fact.dtype).removeprefix("torch."),
            )  # fmt: skip
