"""How fast the weights move: learning rates, schedulers, clipping, half precision, losses that explode."""

import ast
import math
from collections.abc import Iterator

from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import EPOCHS, number
from torchwise.rehearsal.lineage import lineage
from torchwise.rehearsal.reading.settings import number_of
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Backward, Clip, Key, Scaling, Schedule, Step, ZeroGrad
from torchwise.texts import Text, note

EXPLODED = 1e4  # times the first loss
FALLEN = 1e-3  # the part of a learning rate that is left after an epoch where nothing more is learned
DEAD = 1e-6  # the same at the end of the training
BY_EPOCH = {"StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "ReduceLROnPlateau"}


def standing_still(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Steps that change nothing though there are gradients."""
    by_optimizer: dict[Key, list[Step]] = {}
    for step in rehearsed.steps:
        by_optimizer.setdefault(step.optimizer, []).append(step)
    scheduled = {event.optimizer for event in rehearsed.record.of(Schedule)}
    for key, steps in by_optimizer.items():
        is_zero = all(not any(step.rates) for step in steps) and key not in scheduled and steps[0].rates
        if is_zero and len(steps) > 1 and any(any(step.norms.values()) for step in steps):
            made = next((event for event in rehearsed.optimizers_made if event.optimizer == key), None)
            yield rehearsed.finding(
                "TW727", steps[0].site, note("the learning rate is 0: no step changes a weight"),
                why=note("the step is the gradient times the learning rate"),
                fix=note("lr=1e-3 to begin with, for Adam; lr=0.1 for SGD"), mend=made.site if made else None,
            )  # fmt: skip


def exploding(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A loss that is no number after a few steps, or thousands of times what it was."""
    values: dict[tuple[str, int], list[Backward]] = {}
    for event in rehearsed.backwards:
        if event.value is not None:
            values.setdefault((event.site.file, event.site.line), []).append(event)
    for events in values.values():
        first = abs(events[0].value or 0.0)
        for count, event in enumerate(events[1:], 1):
            value = event.value or 0.0
            if math.isfinite(first) and (not math.isfinite(value) or value > EXPLODED * max(first, 1.0)):
                rates = [rate for step in rehearsed.steps for rate in step.rates]
                yield rehearsed.finding(
                    "TW728", event.site,
                    note("the loss goes from {first} to {last} in {count} steps", first=number(first),
                         last=number(value), count=count),
                    why=note("each step goes too far (the learning rate is {rate}), or the inputs or targets are huge",
                             rate=number(max(rates, default=0.0))),
                    fix=note("a smaller learning rate, scaled inputs and targets, or clip_grad_norm_"),
                    mend=rehearsed.optimizers_made[0].site if rehearsed.optimizers_made else None,
                )  # fmt: skip
                break


def schedule_before_step(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The scheduler goes first, so that the first learning rate is never used."""
    for event in rehearsed.record.of(Schedule):
        before = [step for step in rehearsed.steps if step.optimizer == event.optimizer and step.at < event.at]
        after = [step for step in rehearsed.steps if step.optimizer == event.optimizer and step.at > event.at]
        again = [other for other in rehearsed.record.of(Schedule) if other.scheduler == event.scheduler]
        if before or not after or len(again) < 2 or again[0] is not event or again[1].at < after[0].at:
            continue
        yield rehearsed.finding(
            "TW729", event.site.beside(after[0].site), note("the scheduler steps before the optimizer has made its first step"),
            why=note("the first learning rate, {rate}, is never used, and all others come one step too early",
                     rate=number(event.before[0])),
            fix=note("{code} after the optimizer's step", code="scheduler.step()"),
        )  # fmt: skip


def schedule_in_other_units(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A schedule of epochs that steps with every batch, or one of batches that steps with every epoch."""
    by_scheduler: dict[Key, list[Schedule]] = {}
    for event in rehearsed.record.of(Schedule):
        by_scheduler.setdefault(event.scheduler, []).append(event)
    for events in by_scheduler.values():
        batches = [batch for event in events if (batch := rehearsed.batch_of(event)) is not None]
        if len(batches) < 2:
            continue
        loader = batches[0].loader
        in_turn = [batch for batch in batches if (batch.loader, batch.turn) == (loader, batches[0].turn)]
        total = rehearsed.record.loader_info[loader].num_batches or 0
        first = events[0]
        if len(in_turn) > 1 and first.kind in BY_EPOCH and (left := _left(first, total, _planned(rehearsed, first))):
            yield _other_units(rehearsed, first, note("every batch"), left)
        is_by_epoch = len(in_turn) == 1 and batches[1].turn != batches[0].turn
        if is_by_epoch and first.kind == "OneCycleLR" and (steps := int(first.settings.get("total_steps", 0))) > 1:
            if total > 1 and steps % total == 0:
                yield rehearsed.finding(
                    "TW729", first.site,
                    note("OneCycleLR was built for {count} steps and steps once an epoch", count=steps),
                    why=note("with {total} batches an epoch only the first {total}th of its curve is used: the learning "
                             "rate stays near its beginning", total=total),
                    fix=note("{code} after each optimizer.step()", code="scheduler.step()"),
                )  # fmt: skip


def _planned(rehearsed: Rehearsed, event: Schedule) -> int:
    """How many epochs the script is to train, as far as it is written there; 1 if it isn't."""
    for loop in event.site.loops:
        if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call) and EPOCHS.search(ast.unparse(loop.target)):
            if call_name(loop.iter) in ("range", "trange") and (bounds := loop.iter.args[:2]):
                turns = number_of(rehearsed.program, bounds[-1])
                return turns if isinstance(turns, int) else 1
    return 1


def _left(event: Schedule, total: int, epochs: int) -> Text | None:
    """What an epoch schedule leaves of the learning rate when it steps with every batch; None if that may be meant."""
    settings = event.settings
    gamma = float(settings.get("gamma", 1.0))
    if event.kind == "ExponentialLR" and gamma**total < FALLEN:
        return note("{rate} before the first epoch ends", rate=number(event.before[0] * gamma**total))
    if event.kind == "ExponentialLR" and gamma ** (total * epochs) < DEAD:
        return note(
            "{rate} after {count} epochs", rate=number(event.before[0] * gamma ** (total * epochs)), count=epochs
        )
    if event.kind == "StepLR" and gamma ** (total // int(settings.get("step_size", 1))) < FALLEN:
        rate = number(event.before[0] * gamma ** (total // int(settings["step_size"])))
        return note("{rate} before the first epoch ends", rate=rate)
    if event.kind == "CosineAnnealingLR" and int(settings.get("T_max", total)) * 2 <= total:
        return note("{rate} before the first epoch ends", rate=number(float(settings.get("eta_min", 0.0))))
    return None


def _other_units(rehearsed: Rehearsed, event: Schedule, unit: object, left: Text) -> Finding:
    return rehearsed.finding(
        "TW729", event.site,
        note("{kind} steps with {unit}, and the learning rate is {left}", kind=event.kind,
             unit=unit, left=left),
        why=note("its numbers count epochs where scheduler.step() is called once an epoch"),
        fix=note("{code} behind the loop over the batches", code="scheduler.step()"),
    )  # fmt: skip


def clipped_in_vain(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Clipping where there are no gradients yet, or where the step has used them already."""
    told = set()
    for clip in rehearsed.record.of(Clip):
        held = set(clip.parameters)
        if clip.site in told:
            continue
        before, after = _deed(rehearsed, clip, held, -1), _deed(rehearsed, clip, held, 1)
        is_late = isinstance(before, Step) and isinstance(after, ZeroGrad | None)
        is_early = not clip.has_gradients and isinstance(after, Backward)
        misplaced = before if is_late else after if is_early else None
        if misplaced is not None:
            told.add(clip.site)
            yield rehearsed.finding(
                "TW730", clip.site.beside(misplaced.site),
                note("{name} comes after the step", name=clip.name) if is_late
                else note("{name} comes before backward", name=clip.name),
                why=note("it changes gradients that nobody uses any more") if is_late
                else note("there are no gradients yet that it could clip"),
                fix=note("between backward and step"),
            )  # fmt: skip


def _deed(rehearsed: Rehearsed, clip: Clip, held: set[Key], direction: int) -> Backward | Step | ZeroGrad | None:
    """The next (or the last) backward, step or zero_grad that concerns the clipped parameters."""
    events = rehearsed.record.events[clip.at + 1 :] if direction > 0 else rehearsed.record.events[: clip.at][::-1]
    for event in events:
        if isinstance(event, Backward) and event.reached & held:
            return event
        if isinstance(event, Step | ZeroGrad) and set(event.parameters) & held:
            return event
    return None


def half_without_scaler(rehearsed: Rehearsed) -> Iterator[Finding]:
    """float16 without a gradient scaler, or gradients clipped while they are still scaled."""
    calls = list(rehearsed.record.of(Scaling))
    if not any(call.name == "scale" for call in calls) and rehearsed.steps:
        for event in rehearsed.backwards:
            half = next(
                (op for root in event.roots for op in lineage(root, with_grad=True) if op.autocast == "float16"), None
            )
            if half is not None:
                yield rehearsed.finding(
                    "TW731", event.site, note("the loss is computed in float16, and its gradients are not scaled"),
                    why=note("gradients below 6e-8 become 0 in float16: parts of the model stop learning"),
                    fix=note("torch.amp.GradScaler: scaler.scale(loss).backward(), scaler.step(optimizer), "
                             "scaler.update(); or dtype=torch.bfloat16"),
                )  # fmt: skip
                return
    for clip in rehearsed.record.of(Clip):
        before = [call for call in calls if call.at < clip.at]
        if before and before[-1].name == "scale" and any(c.at > clip.at and c.name == "step" for c in calls):
            yield rehearsed.finding(
                "TW731", clip.site, note("the gradients are clipped while they are still scaled"),
                why=note("they are up to 65536 times as large as they should be: clipping to {limit} leaves almost "
                         "nothing of them", limit=number(clip.limit or 0.0)),
                fix=note("{code} before it", code="scaler.unscale_(optimizer)"),
            )  # fmt: skip
            return


RULES = (
    standing_still, exploding, schedule_before_step, schedule_in_other_units, clipped_in_vain, half_without_scaler,
)  # fmt: skip
