"""A scaled step that finds no gradients: they were set to None, belong to other weights, or step was left out."""

import ast
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import graph_of
from torchwise.doctor.past.scaling import failing_call, scaler_text
from torchwise.doctor.past.training import backwards, calls_named, parameters_of, steps
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding
from torchwise.texts import note


def no_gradients(case: Case) -> Finding:
    """scaler.step finds no gradients to look at, or scaler.update no step."""
    name, here = scaler_text(case), failing_call(case)
    if "prior to update" in case.text:
        return _update_without_step(case, name)
    what = note("{code} finds no gradients: none of the optimizer's weights has one", code=here.text)
    last = next(reversed(backwards(case)), None)
    zeroed = [
        ran
        for index, ran, _ in calls_named(case, "zero_grad")
        if last is not None and index > last.index and ran.turn == "this"
    ]
    if last is not None and zeroed:
        zero = zeroed[-1].spot
        why = note(
            "{code} in line {line} stands between backward and the step, and sets them to None",
            code=zero.text,
            line=zero.line,
        )
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
    return case.finding(
        "TW701", what, why=why, fix=note("build the optimizer with the weights that are trained"), mend=made
    )


def _optimizer(case: Case) -> Any:
    """The optimizer that the scaler was given."""
    for frame in case.inner:
        if isinstance(value := frame.locals.get("optimizer"), torch.optim.Optimizer):
            return value
    return None


def _leaves(case: Case) -> set[int]:
    """The weights that the losses at hand were computed from."""
    losses = [
        value for frame in case.user for value in frame.locals.values()
        if isinstance(value, Tensor) and value.grad_fn is not None and value.dim() == 0
    ]  # fmt: skip
    return {id(leaf) for leaf in graph_of(losses, unpack=False).leaves()}


def _other_optimizer(case: Case, optimizer: Any, used: set[int]) -> Finding:
    """The optimizer holds other weights than those that got gradients."""
    here = failing_call(case)
    what = note(
        "{code} finds no gradients: the loss was computed from other weights than this optimizer's", code=here.text
    )
    why = note("an optimizer keeps the weights it was built with; a model made or copied later has others")
    for frame in case.user:
        for name, value in [
            *frame.locals.items(),
            *((f"self.{k}", v) for k, v in getattr(frame.receiver(), "__dict__", {}).items()),
        ]:
            is_other = isinstance(value, torch.optim.Optimizer) and value is not optimizer
            if (
                is_other
                and {id(p) for p in parameters_of(value)} & used
                and isinstance(here.node, ast.Call)
                and here.node.args
            ):
                change = replaced(here, here.node.args[0], name)
                return case.finding(
                    "TW701",
                    what,
                    why=why,
                    fix=here.text.replace(here.source.text(here.node.args[0]), name, 1),
                    mend=change.mend,
                )
    made = _made(case, here)
    fix = note("{code}  behind the line that makes the model", code=made.text if made else note("the optimizer"))
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
    plain = [deed for deed in steps(case) if deed.ran.is_now and not deed.call.args]
    if plain and plain[-1].subject is not None:
        spot = plain[-1].spot
        change = replaced(spot, spot.node, f"{name}.step({ast.unparse(plain[-1].subject)})")
        return case.finding("TW701", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW701", what, why=why, fix=note("{code}  before it", code=f"{name}.step(optimizer)"))
