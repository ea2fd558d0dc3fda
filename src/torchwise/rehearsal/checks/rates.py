"""Learning rates far outside of what an optimizer is used with."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import number
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Schedule
from torchwise.texts import note

# Source: the defaults of torch.optim and the rates of the papers that introduced them, ten times as wide.
USUAL = {
    "SGD": (1e-6, 2.0), "Adam": (1e-7, 0.05), "AdamW": (1e-7, 0.05), "NAdam": (1e-7, 0.05), "RAdam": (1e-7, 0.05),
    "RMSprop": (1e-7, 0.05), "Adamax": (1e-7, 0.1), "Adagrad": (1e-5, 1.0), "LBFGS": (1e-3, 2.0),
}  # fmt: skip


def unusual_rate(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A learning rate that hardly moves the weights, or throws them about."""
    scheduled = {event.optimizer for event in rehearsed.record.of(Schedule)}
    for made in rehearsed.optimizers_made:
        step = next((item for item in rehearsed.steps if item.optimizer == made.optimizer), None)
        if step is None or made.kind not in USUAL or made.optimizer in scheduled:
            continue
        low, high = USUAL[made.kind]
        rate = next((rate for rate in step.rates if rate and not low <= rate <= high), None)
        if rate is not None:
            yield rehearsed.finding(
                "TW762", made.site, note("{kind} with a learning rate of {rate}", kind=made.kind, rate=number(rate)),
                why=note("it is usually between {low} and {high}", low=number(low), high=number(high)),
                fix=note("lr=1e-3 to begin with, for Adam; lr=0.1 for SGD"), sure=False,
            )  # fmt: skip


RULES = (unusual_rate,)
