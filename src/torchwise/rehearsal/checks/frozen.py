"""A frozen part whose batch norms are awake: their statistics go on changing."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Call, Key, Mode
from torchwise.texts import note


def woken(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Batch norms with learned statistics, frozen weights that nobody changes, and train mode while others learn."""
    awake: dict[Key, list[Call]] = {}
    for call in rehearsed.record.of(Call):
        if call.norm is not None and call.norm.is_frozen and call.training and _is_in_training(rehearsed, call):
            awake.setdefault(call.module, []).append(call)
    found = [calls for key, calls in awake.items() if len(calls) > 1 and _is_left_alone(rehearsed, key, calls)]
    if not found:
        return
    first = found[0][0]
    slept, rose = _switch(rehearsed, first, training=False), _switch(rehearsed, first, training=True)
    names = [rehearsed.record.module_info[calls[0].module].path for calls in found]
    yield rehearsed.finding(
        "TW744", first.site,
        note("{name} is frozen and runs in train mode ({count} such batch norms)", name=names[0], count=len(names)),
        why=note("requires_grad=False only keeps its weights: in train mode its running mean and variance still follow "
                 "each batch, and the frozen layers no longer compute what they had learned"),
        fix=note("{code} after each train() of the model", code=f"{names[0].rpartition('.')[0] or names[0]}.eval()"),
        mend=rose.site if rose is not None else None, sure=slept is not None and rose is not None,
    )  # fmt: skip


def _is_in_training(rehearsed: Rehearsed, call: Call) -> bool:
    """Whether a call stands inside one of a model that learns from it."""
    return any(
        outer.began <= call.began and call.ended <= outer.ended and rehearsed.is_trained(outer.module)
        and any(id(op) in rehearsed.trained for op in outer.outputs)
        for outer in rehearsed.calls
    )  # fmt: skip


def _is_left_alone(rehearsed: Rehearsed, key: Key, calls: list[Call]) -> bool:
    """Whether nothing ever changes the weights: no gradient, no optimizer, no moving average."""
    norms = [call.norm for call in calls if call.norm is not None]
    own = set(rehearsed.record.module_info[key].own)
    is_still = len({norm.weights for norm in norms}) == 1 and not own & (rehearsed.reached | rehearsed.stepped)
    return is_still and norms[0].has_statistics


def _switch(rehearsed: Rehearsed, call: Call, *, training: bool) -> Mode | None:
    """The last train() or eval() before a call that concerned its module."""
    info = rehearsed.record.module_info[call.module]
    modes = [mode for mode in rehearsed.record.of(Mode) if mode.at < call.at and mode.training is training]
    return next((mode for mode in reversed(modes) if info in rehearsed.parts(mode.module)), None)


RULES = (woken,)
