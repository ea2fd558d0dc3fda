"""The calls of a gradient scaler among what ran, and the one that failed."""

import ast

from torch.amp.grad_scaler import GradScaler

from torchwise.doctor.case import Case
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.events import Ran
from torchwise.doctor.past.training import calls_named
from torchwise.doctor.spots import Spot


def scaler_calls(case: Case, *names: str) -> list[tuple[int, Ran]]:
    """The calls of these methods on a scaler, in order."""
    found = []
    for index, ran, call in calls_named(case, *names):
        if isinstance(call.func, ast.Attribute):
            value = held(case.flow, ran.spot.at(call.func.value, ()))
            if isinstance(value, GradScaler) or (value is None and "scaler" in ast.unparse(call.func.value).lower()):
                found.append((index, ran))
    return found


def failing_call(case: Case) -> Spot:
    """The user's call that failed."""
    assert case.frame is not None and case.frame.node is not None, "asked before"
    return case.spot(case.frame.node)


def scaler_text(case: Case) -> str:
    """How the program writes the scaler."""
    node = failing_call(case).node
    return (
        ast.unparse(node.func.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else "scaler"
    )
