"""A gradient scaler's calls in the wrong order: unscale_ or step twice in a step, no update, no gradients."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.past.events import Ran
from torchwise.doctor.past.training import calls_named
from torchwise.doctor.past.writing import behind
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Mend
from torchwise.texts import note

AFTER_UNSCALE = ("clip_grad_norm_", "clip_grad_value_", "clip_grads", "clip_gradients")


def _is_scaler(case: Case) -> bool:
    frames = [type(frame.locals.get("self")).__name__ for frame in case.inner]
    return any("GradScaler" in name for name in frames)


def scaler_in_wrong_order(case: Case) -> Iterator[Finding]:
    """TW701: unscale_ twice, step twice or unscale_ after step without an update between, step without gradients."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call) or not _is_scaler(case):
        return
    call = case.spot(node)
    if re.search(r"unscale_.*already been called", case.text):
        yield from _twice(case, call)
    elif re.search(r"after step|step\(\) has already been called", case.text):
        yield from _no_update(case, call)
    elif re.search(r"[Nn]o inf checks", case.text):
        yield from _no_gradients(case, call)
    elif "_scale is None" in case.text or "_growth_tracker is None" in case.text:
        what = note("{code} runs before any loss was scaled", code=call.text)
        why = note("the scaler begins with scaler.scale(loss)")
        backward = next((ran.spot for _, ran, _ in calls_named(case, "backward")), None)
        scaled = "scaler.scale(loss).backward()"
        yield case.finding("TW701", what, why=why, fix=scaled, mend=_at(backward or call))
    elif re.search(r"unscale FP16 gradients", case.text):
        what = note("the model's own parameters are float16, so are their gradients")
        why = note("autocast computes in float16, the parameters stay float32; unscale_ refuses gradients in float16")
        halves = [ran.spot for _, ran, _ in calls_named(case, "half")]
        fix = note("take .half() away from the model, and let autocast choose")
        yield case.finding("TW701", what, why=why, fix=fix, mend=_at(halves[-1] if halves else call), sure=bool(halves))


def _at(spot: Spot) -> Mend:
    return Mend(file=spot.file, line=spot.line)


def _since_update(case: Case, *names: str) -> list[Ran]:
    """The calls since the last update of the scaler, in order."""
    found: list[Ran] = []
    for _, ran, call in calls_named(case, "update", *names):
        if call_name(call) == "update" and "scal" in ast.unparse(call.func).lower():
            found = []
        elif call_name(call) != "update":
            found.append(ran)
    return found


def _twice(case: Case, call: Spot) -> Iterator[Finding]:
    """Which of the two calls is one too many: the one behind which the gradients aren't clipped."""
    earlier = [ran for ran in _since_update(case, "unscale_") if ran.spot.node is not call.node]
    what = note("unscale_ is called twice for this optimizer before update()")
    why = note("it divides the gradients by the scale in place, so it may run once between two calls of update()")
    if not earlier:
        what = note("unscale_ is called again in the next batch, before update()")
        fix = note("unscale_ only where the scaler steps too: behind the condition, before scaler.step(optimizer)")
        yield case.finding("TW701", what, why=why, fix=fix, mend=_at(call))
        return
    first = earlier[-1].spot
    order = [ran for ran in _since_update(case, "unscale_", *AFTER_UNSCALE)]
    at = max((i for i, ran in enumerate(order) if ran.spot.node is first.node), default=0)
    is_clipped = any(call_name(ran.spot.node) in AFTER_UNSCALE for ran in order[at + 1 :])
    chosen, other = (call, first) if is_clipped else (first, call)
    why = note("lines {first} and {second} both divide the gradients by the scale; once before update() is enough",
               first=first.line, second=call.line)  # fmt: skip
    if call_name(chosen.node) == "step":
        chosen, other = other, chosen
    for index, spot in enumerate((chosen, other)):
        fix = note("take {code} away", code=" ".join(spot.text.split()))
        statement = spot.source.statement_of(spot.node)
        is_alone = isinstance(statement, ast.Expr)
        mend = Mend(file=spot.file, line=spot.line, old=spot.source.text(statement), new="") if is_alone else _at(spot)
        yield case.finding("TW701", what, why=why, fix=fix, mend=mend, sure=index == 0)


def _no_update(case: Case, call: Spot) -> Iterator[Finding]:
    """step() ran, and the scaler was not updated since."""
    steps = [r.spot for r in _since_update(case, "step") if "scal" in ast.unparse(r.spot.node.func).lower()]  # type: ignore[attr-defined]
    is_step = call_name(call.node) == "step"
    what = note("{code} runs, and there was no scaler.update() since the last step()", code=" ".join(call.text.split()))
    why = note("each optimizer is unscaled and stepped once, then scaler.update() begins the next step")
    place = steps[-1] if steps else call
    assert isinstance(place.node, ast.Call), "steps are calls"
    scaler = ast.unparse(place.node.func.value) if isinstance(place.node.func, ast.Attribute) else "scaler"
    if not is_step and steps and place.source is call.source and place.line < call.line and call.source.scope_of(
        call.node
    ) is place.source.scope_of(place.node):  # fmt: skip
        fix = note("put {code} before line {line}", code=" ".join(call.text.split()), line=place.line)
        yield case.finding("TW701", what, why=note("unscale_ belongs before step()"), fix=fix, mend=_at(call))
        return
    change = behind(place, f"{scaler}.update()")
    yield case.finding("TW701", what, why=why, fix=f"{scaler}.update()", mend=change.mend)


def _no_gradients(case: Case, call: Spot) -> Iterator[Finding]:
    """The optimizer's parameters have no gradients: cleared before the step, or backward doesn't reach them."""
    what = note("no parameter of the optimizer has a gradient at {code}", code=" ".join(call.text.split()))
    why = note("unscale_ looks through the gradients for inf; there was none to look at")
    ran = [r.spot for _, r, _ in calls_named(case, "zero_grad", "backward") if r.level == 0]
    cleared = ran[-1] if ran and call_name(ran[-1].node) == "zero_grad" else None
    if cleared is not None:
        fix = note("put {code} before backward()", code=" ".join(cleared.text.split()))
        yield case.finding("TW701", what, why=why, fix=fix, mend=_at(cleared))
        return
    if not any(call_name(spot.node) == "backward" for spot in ran):
        fix = note("scaler.scale(loss).backward() before the step")
        yield case.finding("TW701", what, why=why, fix=fix, mend=_at(call), sure=False)
        return
    optimizer = next((a for a in getattr(call.node, "args", [])), None)
    made = case.flow.born(call.at(optimizer, ())) if optimizer is not None else call
    fix = note("give the optimizer the parameters that the loss depends on, with requires_grad=True")
    yield case.finding("TW701", what, why=why, fix=fix, mend=_at(made), sure=False)


RULES = (scaler_in_wrong_order,)
