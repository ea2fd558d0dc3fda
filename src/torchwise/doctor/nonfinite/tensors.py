"""Which tensors at hand are not finite: data, weights, gradients, losses."""

import ast
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.memory.holders import modules_of
from torchwise.doctor.past.carried import objects_of
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

LARGEST = 1 << 24


@dataclass(frozen=True, eq=False)
class Bad:
    """A tensor with values that are not finite. owner: the object whose attribute it is, if it is one."""

    name: str
    value: Tensor
    owner: Any = None

    @property
    def kind(self) -> str:
        """Nan or inf."""
        return "nan" if bool(torch.isnan(self.value).any()) else "inf"

    @property
    def count(self) -> int:
        """How many values are not finite."""
        return int((~torch.isfinite(self.value)).sum())

    @property
    def columns(self) -> list[int]:
        """The columns of a table that have such values, if not all."""
        if self.value.dim() != 2:
            return []
        bad = (~torch.isfinite(self.value)).any(0)
        found = [int(index) for index in bad.nonzero().flatten()]
        return found if len(found) < self.value.shape[1] else []


def is_bad(value: Any) -> bool:
    """Whether a value is a tensor with nan or inf."""
    if not isinstance(value, Tensor) or not value.is_floating_point() or value.numel() == 0 or value.numel() > LARGEST:
        return False
    return value.device.type != "meta" and not bool(torch.isfinite(value.detach()).all())


def bad_data(case: Case) -> list[Bad]:
    """The tensors without gradients that are not finite: batches in variables first, then what data sets hold."""
    found = []
    for frame in reversed(case.user):
        for name, value in frame.locals.items():
            if is_bad(value) and not value.requires_grad and value.dim() > 0:
                found.append(Bad(name, value))
    for thing in objects_of(case):
        if not isinstance(thing, torch.nn.Module) and class_nodes(type(thing)):
            found += [Bad(name, value, thing) for name, value in vars(thing).items() if is_bad(value)]
    return found


def bad_weights(case: Case) -> list[Bad]:
    """The parameters that are not finite."""
    return [
        Bad(name, parameter) for module in modules_of(case) for name, parameter in module.named_parameters()
        if is_bad(parameter)
    ]  # fmt: skip


def bad_outputs(case: Case) -> list[Bad]:
    """The results with a graph that are not finite."""
    return [
        Bad(name, value) for frame in case.user for name, value in frame.locals.items()
        if is_bad(value) and value.requires_grad and value.grad_fn is not None
    ]  # fmt: skip


def optimizer_call(case: Case, optimizer: torch.optim.Optimizer) -> Spot | None:
    """The call that built an optimizer."""
    name = type(optimizer).__name__
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == name:
                made = next((r.spot for r in ran_before(case) if r.spot.node is node), None)
                return made or Spot(source, node)
    return None
