"""The gradient scaler's calls in the wrong order, left out, or made twice."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import graph_of
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.events import Ran
from torchwise.doctor.past.training import backwards, calls_named, parameters_of
from torchwise.doctor.past.writing import behind, code_of, replaced
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
        (NO_CHECKS, _no_checks), (TWICE, _unscaled_twice), (AFTER, _after_step), (STEPPED, _stepped_twice),
        (UNSCALED, _never_scaled), (HALF, _half_weights), (CLOSURE, _closure),
    )  # fmt: skip
    for pattern, rule in rules:
        if pattern.search(case.text):
            yield rule(case)
            return
    owner = getattr(case.error, "obj", None)
    if isinstance(case.error, AttributeError) and isinstance(owner, torch.amp.GradScaler):
        yield _no_such_method(case)


def _optimizer(case: Case) -> Any:
    """The optimizer that the scaler was given."""
    for frame in case.inner:
        if isinstance(value := frame.locals.get("optimizer"), torch.optim.Optimizer):
            return value
    return None


def _scaler_calls(case: Case, *names: str) -> list[tuple[int, Ran]]:
    """The calls of these methods on a scaler, in order."""
    found = []
    for index, ran, call in calls_named(case, *names):
        if isinstance(call.func, ast.Attribute):
            value = held(case.flow, ran.spot.at(call.func.value, ()))
            if isinstance(value, torch.amp.GradScaler) or (value is None and "scaler" in ast.unparse(call.func.value).lower()):
                found.append((index, ran))
    return found


def _here(case: Case) -> Spot:
    assert case.frame is not None and case.frame.node is not None, "asked before"
    return case.spot(case.frame.node)


def _scaler_text(case: Case) -> str:
    node = _here(case).node
    return ast.unparse(node.func.value) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else "scaler"


def _no_checks(case: Case) -> Finding:
    """scaler.step finds no gradients to look at, or scaler.update no step."""
    name, here = _scaler_text(case), _here(case)
    if "prior to update" in case.text:
        return _update_without_step(case, name)
    what = note("{code} finds no gradients: none of the optimizer's weights has one", code=here.text)
    last = next(reversed(backwards(case)), None)
    zeroed = [ran for index, ran, _ in calls_named(case, "zero_grad") if last is not None and index > last.index and ran.turn == "this"]
    if last is not None and zeroed:
        zero = zeroed[-1].spot
        why = note("{code} in line {line} stands between backward and the step, and sets them to None", code=zero.text, line=zero.line)
        fix = note("{code}  before line {line}", code=zero.text, line=last.spot.line)
        return case.finding("TW701", what, why=why, fix=fix, mend=zero)
    optimizer = _optimizer(case)
    weights = {id(parameter) for parameter in parameters_of(optimizer)}
    used = _leaves(case)
    if weights and used and not weights & used:
        return _other_optimizer(case, optimizer, used)
    if last is None or not last.ran.is_now:
        why = note("there was no backward in this step")
        return case.finding("TW701", what, why=why, fix=f"{name}.scale(loss).backward()")
    why = note("the loss doesn't depend on the weights that the optimizer holds")
    made = _made(case, here)
    return case.finding("TW701", what, why=why, fix=note("build the optimizer with the weights that are trained"), mend=made)


def _leaves(case: Case) -> set[int]:
    """The weights that the losses at hand were computed from."""
    losses = [
        value for frame in case.user for value in frame.locals.values()
        if isinstance(value, Tensor) and value.grad_fn is not None and value.dim() == 0
    ]  # fmt: skip
    return {id(leaf) for leaf in graph_of(losses, unpack=False).leaves()}


def _other_optimizer(case: Case, optimizer: Any, used: set[int]) -> Finding:
    """The optimizer holds other weights than those that got gradients."""
    here = _here(case)
    what = note("{code} finds no gradients: the loss was computed from other weights than this optimizer's", code=here.text)
    why = note("an optimizer keeps the weights it was built with; a model made or copied later has others")
    for frame in case.user:
        for name, value in [*frame.locals.items(), *((f"self.{k}", v) for k, v in getattr(frame.receiver(), "__dict__", {}).items())]:
            is_other = isinstance(value, torch.optim.Optimizer) and value is not optimizer
            if is_other and {id(p) for p in parameters_of(value)} & used and isinstance(here.node, ast.Call) and here.node.args:
                change = replaced(here, here.node.args[0], name)
                return case.finding("TW701", what, why=why, fix=here.text.replace(here.source.text(here.node.args[0]), name, 1), mend=change.mend)
    made = _made(case, here)
    fix = note("{code}  behind the line that makes the model", code=made.text if made is not None else "the optimizer")
    return case.finding("TW701", what, why=why, fix=fix, mend=made)


def _made(case: Case, here: Spot) -> Spot | None:
    """Where the optimizer was built."""
    node = here.node
    if not isinstance(node, ast.Call) or not node.args:
        return None
    made = case.flow.born(here.at(node.args[0], ()))
    return made if isinstance(made.node, ast.Call) else None


def _update_without_step(case: Case, name: str) -> Finding:
    """update() without scaler.step: the optimizer was stepped by itself."""
    what = note("{name}.update() comes without {name}.step(...)", name=name)
    why = note("update adapts the scale by what step has seen of the gradients")
    plain = [ran for _, ran, call in calls_named(case, "step") if not call.args and ran.is_now and isinstance(call.func, ast.Attribute)
             and "sched" not in ast.unparse(call.func)]  # fmt: skip
    if plain and isinstance(plain[-1].spot.node, ast.Call) and isinstance(plain[-1].spot.node.func, ast.Attribute):
        spot = plain[-1].spot
        change = replaced(spot, spot.node, f"{name}.step({ast.unparse(spot.node.func.value)})")  # type: ignore[attr-defined]
        return case.finding("TW701", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW701", what, why=why, fix=note("{code}  before it", code=f"{name}.step(optimizer)"))


def _unscaled_twice(case: Case) -> Finding:
    """unscale_ twice in a step, or in each part of an accumulated step."""
    name, here = _scaler_text(case), _here(case)
    what = note("{code} is called a second time before {name}.update(): unscale_ divides the gradients only once a step",
                code=here.text, name=name)  # fmt: skip
    earlier = [ran.spot for _, ran in _scaler_calls(case, "unscale_") if ran.is_now]
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
            fix = note("leave it out of line {line}, and divide by {name}.get_scale() there", line=surplus.line, name=name)
        return case.finding("TW701", what, why=why, fix=fix, mend=surplus)
    updates = _scaler_calls(case, "update")
    if not updates and (step := _step_line(case, here)) is not None:
        why = note("{name}.update() is missing; it ends the step", name=name)
        change = behind(step, f"{name}.update()")
        return case.finding("TW701", what, why=why, fix=note("{code}  behind line {line}", code=f"{name}.update()", line=step.line), mend=change.mend)
    why = note("the step of the turn before is not over: there was no {name}.update() since", name=name)
    fix = note("unscale only in the turn that also calls {name}.step: put {code} under the same if", name=name, code=here.text)
    return case.finding("TW701", what, why=why, fix=fix, mend=here)


def _function_steps(spot: Spot) -> bool:
    """Whether the function that a call stands in also steps."""
    scope = spot.source.scope_of(spot.node)
    return any(isinstance(node, ast.Call) and call_name(node) == "step" for node in ast.walk(scope))


def _step_line(case: Case, here: Spot) -> Spot | None:
    """The line with scaler.step(optimizer), in the program."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == "step" and node.args and "scaler" in ast.unparse(node.func).lower():
                return Spot(source, node)
    return None


def _after_step(case: Case) -> Finding:
    here, name = _here(case), _scaler_text(case)
    steps = [ran.spot for _, ran in _scaler_calls(case, "step") if ran.is_now]
    if not steps:
        return _no_update(case, note("{code} comes after the {name}.step of the turn before", code=here.text, name=name), name)
    what = note("{code} comes after {name}.step(...)", code=here.text, name=name)
    why = note("step divides the gradients itself if nothing has; unscale_ is for looking at them or clipping them before it")
    fix = note("{code}  before line {line}", code=here.text, line=steps[-1].line if steps else here.line)
    return case.finding("TW701", what, why=why, fix=fix, mend=here)


def _no_update(case: Case, what: Words, name: str) -> Finding:
    """A step that was not ended by update()."""
    why = note("each step of the scaler ends with one update()")
    steps = [ran.spot for _, ran in _scaler_calls(case, "step")]
    where = steps[-1] if steps else _here(case)
    change = behind(where, f"{name}.update()")
    fix = note("{code}  behind line {line}", code=f"{name}.update()", line=where.line)
    return case.finding("TW701", what, why=why, fix=fix, mend=change.mend)


def _stepped_twice(case: Case) -> Finding:
    here, name = _here(case), _scaler_text(case)
    what = note("{code} is called a second time since the last {name}.update()", code=here.text, name=name)
    why = note("each step of the scaler ends with one update()")
    earlier = [ran.spot for _, ran in _scaler_calls(case, "step") if ran.is_now]
    updates = _scaler_calls(case, "update")
    if earlier and updates:
        fix = note("leave out {code} in line {line}", code=here.text, line=here.line)
        return case.finding("TW701", what, why=why, fix=fix, mend=here)
    return _no_update(case, what, name)


def _never_scaled(case: Case) -> Finding:
    """The loss went backward unscaled."""
    name = _scaler_text(case)
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
    here = _here(case)
    outer = here.source.parents.get(here.node) if not isinstance(here.node, ast.Call) else here.node
    name = ast.unparse(here.node.value) if isinstance(here.node, ast.Attribute) else _scaler_text(case)
    what = note("a gradient scaler has no method {name}", name=getattr(case.error, "name", ""))
    if isinstance(outer, ast.Call) and outer.args and getattr(case.error, "name", "") == "backward":
        change = replaced(here, outer, f"{name}.scale({ast.unparse(outer.args[0])}).backward()")
        return case.finding("TW701", what, fix=change.text, mend=change.mend)
    return case.finding("TW701", what, fix=f"{name}.scale(loss).backward()")


RULES = (scaler_used_wrongly,)
