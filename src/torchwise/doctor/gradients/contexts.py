"""Where gradients are switched off: a `with` around an expression, a decorator of its function, a setting for all."""

import ast
from dataclasses import dataclass

import torch

from torchwise.doctor.case import Case
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

OFF = {"no_grad", "inference_mode"}


@dataclass(frozen=True, eq=False)
class Off:
    """One place that switches gradients off. is_decorator: of a whole function. text: its code."""

    spot: Spot
    is_decorator: bool
    text: str


def switched_off(spot: Spot) -> Off | None:
    """What switches gradients off for an expression, in its own function."""
    here = spot.source.parents.get(spot.node)
    while here is not None:
        if isinstance(here, ast.With | ast.AsyncWith):
            for item in here.items:
                if is_off(spot, item.context_expr):
                    return Off(spot.at(item.context_expr, ()), False, spot.source.text(item.context_expr))
        if isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in here.decorator_list:
                if call_name(decorator) in OFF:
                    return Off(spot.at(decorator, ()), True, "@" + spot.source.text(decorator))
            return None
        here = spot.source.parents.get(here)
    return None


def is_off(spot: Spot, node: ast.expr) -> bool:
    """Whether a context manager switches gradients off, as it stands or by the value it is given now."""
    if not isinstance(node, ast.Call):
        return False
    name = call_name(node)
    if name in OFF:
        first = next(iter(node.args), None)
        return not (isinstance(first, ast.Constant) and first.value is False)
    if name == "set_grad_enabled" and node.args:
        value = spot.at(node.args[0], ()).value(default=True)
        return not value
    return False


def switched_off_for_all(case: Case) -> Spot | None:
    """The call that switched gradients off for the rest of the program."""
    if torch.is_grad_enabled():
        return None
    found = None
    for ran in ran_before(case):
        node = ran.spot.node
        if not isinstance(node, ast.Call) or isinstance(ran.spot.source.parents.get(node), ast.withitem):
            continue
        first = next(iter(node.args), None)
        if call_name(node) == "set_grad_enabled" and isinstance(first, ast.Constant) and not first.value:
            found = ran.spot
        if call_name(node) == "__enter__" and "grad" in ast.unparse(node.func):
            found = ran.spot
    return found
