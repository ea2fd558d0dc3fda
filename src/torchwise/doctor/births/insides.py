"""Where on its way a tensor was: inside a module, in a helper, at its use."""

import ast

from torch import Tensor, nn

from torchwise.doctor.births.modules import calls
from torchwise.doctor.births.way import Way
from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, method_of


def is_helper(factory: Spot) -> bool:
    """Whether a factory is called in a function that computes something of tensors, a loss say, and trains nothing."""
    scope = factory.source.scope_of(factory.node)
    if isinstance(scope, ast.Module | ast.Lambda) or factory.frame is None:
        return False
    is_training = any(
        isinstance(node, ast.Call) and call_name(node) in ("backward", "step") for node in ast.walk(scope)
    )
    return not is_training and any(isinstance(value, Tensor) for value in factory.frame.arguments().values())


def is_inside(case: Case, factory: Spot) -> bool:
    """Whether a factory is called in a module, or in a helper that a module calls."""
    scope = factory.source.scope_of(factory.node)
    if isinstance(scope, ast.Module):
        return False
    if factory.source.class_of(scope) is not None and isinstance(factory.receiver, nn.Module):
        return True
    caller = factory.caller
    while caller is not None:
        if isinstance(caller.receiver, nn.Module):
            return True
        caller = caller.caller
    if factory.frame is not None:
        index = next((i for i, f in enumerate(case.user) if f is factory.frame), 0)
        return any(isinstance(frame.receiver(), nn.Module) for frame in case.user[:index])
    if factory.caller is not None or not isinstance(scope, ast.FunctionDef):
        return False
    owners = [site.source.class_of(site.source.scope_of(site.node)) for site in calls(case, scope.name)]
    return any(owner is not None and method_of(owner, "forward") is not None for owner in owners)


def use(way: Way) -> Spot:
    """The use of a value in the function that has it from a loader or made it: model(x)."""
    last: Spot | None = None
    for step in way:
        if step.link == "batch":
            break
        is_whole = step.spot.frame is not None and not step.spot.path
        if is_whole and isinstance(step.node, ast.Name | ast.Attribute | ast.Subscript):
            last = step.spot
    return last or way.steps[0].spot
