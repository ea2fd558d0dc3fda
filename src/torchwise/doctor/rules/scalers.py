"""The gradient scaler's calls in the wrong order, left out, or made twice."""

import ast
import re
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler

from torchwise.doctor.case import Case
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.scaling import failing_call, scaler_calls, scaler_text
from torchwise.doctor.past.training import backwards, calls_named
from torchwise.doctor.past.writing import behind, code_of, replaced
from torchwise.doctor.rules.scaled_gradients import no_gradients
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

NO_CHECKS = re.compile(r"No inf checks were recorded (for this optimizer|prior to update)")
TWICE = re.compile(r"unscale_\(\) has already been called")
AFTER = re.compile(r"unscale_\(\) is being called after step")
STEPPED = re.compile(r"step\(\) has already been called since the last update")
UNSCALED = re.compile(r"_scale is None")
HALF = re.compile(r"Attempting to unscale FP16 gradients")
CLOSURE = re.compile(r"Closure use is not currently supported if GradScaler")


def scaler_used_wrongly(case: Case) -> Iterator[Finding]:
    """TW701: scale, unscale_, step and update of a gradient scaler don't follow each other as they must."""
    if case.frame is None or case.frame.node is None:
        return
    rules = (
        (NO_CHECKS, no_gradients), (TWICE, _unscaled_twice), (AFTER, _after_step), (STEPPED, _stepped_twice),
        (UNSCALED, _never_scaled), (HALF, _half_weights), (CLOSURE, _closure),
    )  # fmt: skip
    for pattern, rule in rules:
        if pattern.search(case.text):
            yield rule(case)
            return
    owner = getattr(case.error, "obj", None)
    if isinstance(case.error, AttributeError) and isinstance(owner, GradScaler):
        yield _no_such_method(case)


def _unscaled_twice(case: Case) -> Finding:
    """unscale_ twice in a step, or in each part of an accumulated step."""
    name, here = scaler_text(case), failing_call(case)
    what = note(
        "{code} is called a second time before {name}.update(): unscale_ may divide the gradients once a step",
        code=here.text, name=name,
    )  # fmt: skip
    if (mistaken := _other_optimizer(case, here, "unscale_", what)) is not None:
        return mistaken
    earlier = [ran.spot for _, ran in scaler_calls(case, "unscale_") if ran.is_now]
    if earlier:
        first = earlier[-1]
        surplus = here if _function_steps(here) or not _function_steps(first) else first
        if _function_steps(here) and not _function_steps(first):
            surplus = first
        elif first.source.scope_of(first.node) is here.source.scope_of(here.node):
            surplus = here
        other = here if surplus is first else first
        why = note("line {line} calls it too, in the same step", line=other.line)
        fix = note("leave out {code} in line {line}", code=surplus.text, line=surplus.line)
        if surplus is first and surplus.source.scope_of(surplus.node) is not here.source.scope_of(here.node):
            fix = note(
                "leave it out of line {line}, and divide by {name}.get_scale() there", line=surplus.line, name=name
            )
        return case.finding("TW701", what, why=why, fix=fix, mend=surplus)
    updates = scaler_calls(case, "update")
    if not updates and (step := _step_line(case, here)) is not None:
        why = note("{name}.update() is missing; it ends the step", name=name)
        change = behind(step, f"{name}.update()")
        return case.finding(
            "TW701",
            what,
            why=why,
            fix=note("{code}  behind line {line}", code=f"{name}.update()", line=step.line),
            mend=change.mend,
        )
    why = note("the step of the turn before is not over: there was no {name}.update() since", name=name)
    here = _beside(case, [ran.spot for _, ran in updates]) or here
    fix = note(
        "unscale only in the turn that also calls {name}.step: put {code} under the same if", name=name, code=here.text
    )
    return case.finding("TW701", what, why=why, fix=fix, mend=here)


def _beside(case: Case, updates: list[Spot]) -> Spot | None:
    """The innermost call under way that stands in the same function as what leads to an update."""
    scopes: set[ast.AST] = set()
    for update in updates:
        step: Spot | None = update
        while step is not None:
            scopes.add(step.source.scope_of(step.node))
            step = step.caller
    frame = next((f for f in reversed(case.user) if f.node is not None and f.scope in scopes), None)
    return case.spot(frame.node, frame) if frame is not None and frame.node is not None else None


def _function_steps(spot: Spot) -> bool:
    """Whether the function that a call stands in also steps."""
    scope = spot.source.scope_of(spot.node)
    return any(isinstance(node, ast.Call) and call_name(node) == "step" for node in ast.walk(scope))


def _step_line(case: Case, here: Spot) -> Spot | None:
    """The line with scaler.step(optimizer), in the program."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Call)
                and call_name(node) == "step"
                and node.args
                and "scaler" in ast.unparse(node.func).lower()
            ):
                return Spot(source, node)
    return None


def _after_step(case: Case) -> Finding:
    here, name = failing_call(case), scaler_text(case)
    steps = [ran.spot for _, ran in scaler_calls(case, "step") if ran.is_now]
    if not steps:
        return _no_update(
            case, note("{code} comes after the {name}.step of the turn before", code=here.text, name=name), name
        )
    what = note("{code} comes after {name}.step(...)", code=here.text, name=name)
    why = note(
        "step divides the gradients itself if nothing has; unscale_ is for looking at them or clipping them before it"
    )
    fix = note("{code}  before line {line}", code=here.text, line=steps[-1].line if steps else here.line)
    return case.finding("TW701", what, why=why, fix=fix, mend=here)


def _no_update(case: Case, what: Words, name: str) -> Finding:
    """A step that was not ended by update()."""
    why = note("each step of the scaler ends with one update()")
    steps = [ran.spot for _, ran in scaler_calls(case, "step")]
    where = steps[-1] if steps else failing_call(case)
    change = behind(where, f"{name}.update()")
    fix = note("{code}  behind line {line}", code=f"{name}.update()", line=where.line)
    return case.finding("TW701", what, why=why, fix=fix, mend=change.mend)


def _stepped_twice(case: Case) -> Finding:
    here, name = failing_call(case), scaler_text(case)
    what = note("{code} is called a second time since the last {name}.update()", code=here.text, name=name)
    if (other := _other_optimizer(case, here, "step", what)) is not None:
        return other
    why = note("each step of the scaler ends with one update()")
    earlier = [ran.spot for _, ran in scaler_calls(case, "step") if ran.is_now]
    updates = scaler_calls(case, "update")
    if earlier and updates:
        fix = note("leave out {code} in line {line}", code=here.text, line=here.line)
        return case.finding("TW701", what, why=why, fix=fix, mend=here)
    return _no_update(case, what, name)


def _other_optimizer(case: Case, here: Spot, method: str, what: Words) -> Finding | None:
    """Of two optimizers one is handed over twice: the outermost expression that does so should name the other."""
    if not isinstance(here.node, ast.Call) or not here.node.args:
        return None
    first = here.at(here.node.args[0], ())
    steps = [s for s in case.flow.trail(first) if isinstance(s.node, ast.Name | ast.Attribute) and s.frame is not None]
    earlier = [(ran, held(case.flow, ran.spot.at(item, ()))) for _, ran in scaler_calls(case, method)
               for item in ran.spot.node.args[:1]]  # type: ignore[attr-defined]  # fmt: skip
    place = next(reversed(steps), None)
    if place is None or place.frame is None or not any(ran.is_now and value is first.value() for ran, value in earlier):
        return None
    own = getattr(place.frame.receiver(), "__dict__", {})
    names = [
        *place.frame.frame.f_globals.items(),
        *place.frame.locals.items(),
        *((f"self.{name}", value) for name, value in own.items()),
    ]
    known = [first.value(), *(value for _, value in earlier)]
    others = {id(v): n for n, v in names if isinstance(v, torch.optim.Optimizer) and all(v is not k for k in known)}
    if len(others) != 1:
        return None
    other = next(iter(others.values()))
    why = note("{code} is handed over twice, {other} not at all", code=place.text, other=other)
    call = " ".join(place.source.text(place.source.parents.get(place.node, place.node)).split())
    mend = replaced(place, place.node, other).mend
    return case.finding("TW701", what, why=why, fix=call.replace(place.text, other), mend=mend)


def _never_scaled(case: Case) -> Finding:
    """The loss went backward unscaled."""
    name = scaler_text(case)
    what = note("the loss was never scaled: {name}.scale(...) hasn't been called", name=name)
    why = note("the scaler multiplies the loss before backward, and divides the gradients before the step")
    last = next(reversed(backwards(case)), None)
    if last is None or last.subject is None:
        return case.finding("TW701", what, why=why, fix=f"{name}.scale(loss).backward()")
    scaled = f"{name}.scale({' '.join(last.spot.source.text(last.subject).split())})"
    change = replaced(last.spot, last.subject, scaled)
    return case.finding("TW701", what, why=why, fix=f"{scaled}.backward()", mend=change.mend)


def _half_weights(case: Case) -> Finding:
    """The weights themselves are float16."""
    what = note("the weights are float16, so their gradients are too, and can't be unscaled")
    why = note("with a scaler the weights stay float32; torch.autocast alone casts what goes through the layers")
    for _, ran, call in calls_named(case, "half", "to", "type", "bfloat16"):
        is_half = call_name(call) == "half" or "float16" in ast.unparse(call) or "torch.half" in ast.unparse(call)
        if is_half and isinstance(call.func, ast.Attribute):
            value = held(case.flow, ran.spot.at(call.func.value, ()))
            if isinstance(value, torch.nn.Module) or not isinstance(value, Tensor):
                inner = code_of(ran.spot, call.func.value)
                change = replaced(ran.spot, call, inner)
                fix = note("without {code}", code="." + ran.spot.text.removeprefix(inner).lstrip("."))
                return case.finding("TW701", what, why=why, fix=fix, mend=change.mend)
    return case.finding("TW701", what, why=why, fix="model.float()")


def _closure(case: Case) -> Finding:
    what = note("an optimizer with a closure can't be stepped by a gradient scaler")
    why = note("the closure would compute scaled losses again in the middle of the step")
    return case.finding("TW701", what, why=why, fix=note("optimizer.step(closure)  without the scaler, in float32"))


def _no_such_method(case: Case) -> Finding:
    """scaler.backward(loss)."""
    here = failing_call(case)
    outer = here.source.parents.get(here.node) if not isinstance(here.node, ast.Call) else here.node
    name = ast.unparse(here.node.value) if isinstance(here.node, ast.Attribute) else scaler_text(case)
    what = note("a gradient scaler has no method {name}", name=getattr(case.error, "name", ""))
    if isinstance(outer, ast.Call) and outer.args and getattr(case.error, "name", "") == "backward":
        change = replaced(here, outer, f"{name}.scale({ast.unparse(outer.args[0])}).backward()")
        return case.finding("TW701", what, fix=change.text, mend=change.mend)
    return case.finding("TW701", what, fix=f"{name}.scale(loss).backward()")


RULES = (scaler_used_wrongly,)
