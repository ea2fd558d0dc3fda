"""The scheduler that failed: the object, the call, where it was built, and the data loaders beside it."""

import ast
from typing import Any

import torch
from torch.optim import lr_scheduler

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name


def scheduler_of(case: Case) -> Any:
    """The scheduler that was called or under construction."""
    for frame in case.inner:
        value = frame.locals.get("self")
        if isinstance(value, lr_scheduler.LRScheduler | lr_scheduler.ReduceLROnPlateau):
            return value
    return None


def failing_line(case: Case) -> Spot:
    """The user's expression that failed."""
    assert case.frame is not None and case.frame.node is not None, "asked before"
    return case.spot(case.frame.node)


def built(case: Case) -> Spot | None:
    """The call that built the scheduler whose step failed."""
    here = failing_line(case)
    if isinstance(here.node, ast.Call) and isinstance(here.node.func, ast.Attribute):
        made = case.flow.born(here.at(here.node.func.value, ()))
        if isinstance(made.node, ast.Call) and made.node is not here.node:
            return made
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == type(scheduler_of(case)).__name__:
                return Spot(source, node)
    return None


def loaders(case: Case) -> list[tuple[str, int]]:
    """The names and lengths of the data loaders at hand."""
    found = []
    for frame in case.user:
        for name, value in frame.locals.items():
            if isinstance(value, torch.utils.data.DataLoader):
                found.append((name, len(value)))
        for name, value in getattr(frame.receiver(), "__dict__", {}).items():
            if isinstance(value, torch.utils.data.DataLoader):
                found.append((f"self.{name}", len(value)))
    return found
