"""The deeds of a training step among what ran: backward, the optimizer's step, zero_grad, scaler calls."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from torchwise.doctor.case import Case
from torchwise.doctor.past.calls import entered, held
from torchwise.doctor.past.events import Ran, ran_before
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of

OPTIMIZER_NAMES = ("opt", "adam", "sgd", "solver", "trainer")
NOT_OPTIMIZERS = ("sched", "env", "scaler", "warmup", "lr_", "plateau", "prof", "ema", "swa")


@dataclass(frozen=True, eq=False)
class Deed:
    """One call of a training step. index: its place in the order of all that ran. subject: what it works on."""

    index: int
    ran: Ran
    subject: ast.AST | None
    value: Any = None

    @property
    def spot(self) -> Spot:
        """The call."""
        return self.ran.spot

    @property
    def call(self) -> ast.Call:
        """The call's node."""
        assert isinstance(self.ran.spot.node, ast.Call), "deeds are calls"
        return self.ran.spot.node

    def has(self, *keywords: str) -> bool:
        """Whether it is called with one of these keywords set to True (or to something that isn't written out)."""
        given = [keyword_of(self.call, keyword) for keyword in keywords]
        return any(item is not None and not (isinstance(item, ast.Constant) and not item.value) for item in given)


def calls_named(case: Case, *names: str) -> Iterator[tuple[int, Ran, ast.Call]]:
    """The calls of these names that ran before the failing line, in order."""
    for index, ran in enumerate(ran_before(case)):
        if isinstance(ran.spot.node, ast.Call) and call_name(ran.spot.node) in names:
            yield index, ran, ran.spot.node


def backwards(case: Case) -> list[Deed]:
    """The calls of backward and of autograd.grad."""
    found = []
    for index, ran, call in calls_named(case, "backward", "manual_backward", "grad"):
        if call_name(call) == "grad" and "grad" not in ast.unparse(call.func).rpartition(".")[0]:
            continue
        if not entered(case.flow, ran.spot):
            found.append(Deed(index, ran, loss_node(call)))
    return found


def loss_node(call: ast.AST | None) -> ast.AST | None:
    """The expression that a call of backward starts from."""
    if not isinstance(call, ast.Call):
        return None
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_own = receiver is not None and call_name(call) == "backward"
    outer = ast.unparse(receiver) if receiver is not None else ""
    if is_own and not outer.endswith(("autograd", "accelerator", "fabric", "engine")):
        if isinstance(receiver, ast.Call) and call_name(receiver) == "scale" and receiver.args:
            return receiver.args[0]
        return receiver
    return next(iter(call.args), None) or keyword_of(call, "outputs") or keyword_of(call, "tensors")


def steps(case: Case) -> list[Deed]:
    """The calls of an optimizer's step, the optimizer as their value where it is at hand."""
    found = []
    for index, ran, call in calls_named(case, "step"):
        if not isinstance(call.func, ast.Attribute):
            continue
        subject: ast.AST = call.func.value
        if call.args and "scaler" in ast.unparse(subject).lower():
            subject = call.args[0]
        value = held(case.flow, ran.spot.at(subject, ()))
        if isinstance(value, torch.optim.Optimizer) or (value is None and _is_optimizer(subject)):
            found.append(Deed(index, ran, subject, value))
    return found


def _is_optimizer(node: ast.AST) -> bool:
    """Whether an expression is named like an optimizer."""
    name = ast.unparse(node).lower().removeprefix("self.")
    return any(word in name for word in OPTIMIZER_NAMES) and not any(word in name for word in NOT_OPTIMIZERS)


def parameters_of(optimizer: Any) -> list[torch.Tensor]:
    """The parameters that an optimizer changes."""
    groups = getattr(optimizer, "param_groups", None)
    return [parameter for group in groups for parameter in group["params"]] if isinstance(groups, list) else []


def assigned_at(case: Case, statement: ast.AST) -> int | None:
    """The place in the order of a statement, the last time it ran."""
    found = None
    for index, ran in enumerate(ran_before(case)):
        if ran.spot.node is statement and ran.turn == "this":
            found = index
    return found
