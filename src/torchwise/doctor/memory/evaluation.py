"""Whether the failing forward pass belongs to training or to an evaluation, and whether it records gradients."""

import ast
import re

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.gradients.contexts import switched_off
from torchwise.doctor.memory.holders import modules_of
from torchwise.doctor.past.events import num_loops
from torchwise.doctor.past.training import backwards, steps
from torchwise.doctor.shapes import root_frame

NAMES = re.compile(
    r"eval|valid|\bval\b|_val|test|predict|infer|score|embed|extract|encode|generate|sample|feature|metric|accuracy",
    re.I,
)


def records(case: Case) -> bool:
    """Whether gradients were recorded where it failed: nothing around it switches them off."""
    for frame in case.user:
        known = frame.node is not None and frame.source is not None
        if known and frame.node is not None and switched_off(case.flow.spot(frame, frame.node)) is not None:
            return False
    given = case.layer_input
    if isinstance(given, Tensor) and given.is_inference():
        return False
    return any(parameter.requires_grad for module in modules_of(case) for parameter in module.parameters())


def is_evaluation(case: Case) -> bool:
    """Whether no weights are trained here: no backward or step in the loop or after the line, and signs of a test."""
    if any(deed.ran.level == 0 and num_loops(case) for deed in [*backwards(case), *steps(case)]):
        return False
    frame = root_frame(case)
    if frame is None:
        return False
    if _trains_later(frame):
        return False
    roots = [module for module in modules_of(case) if list(module.parameters())]
    in_eval = any(not module.training for module in roots if not _is_loss(module))
    return in_eval or bool(NAMES.search(_function_name(frame)))


def _is_loss(module: nn.Module) -> bool:
    return type(module).__module__ == "torch.nn.modules.loss"


def _function_name(frame: Frame) -> str:
    return frame.function if frame.function != "<module>" else ""


def _trains_later(frame: Frame) -> bool:
    """Whether the same function goes backward further down, in the same loop or outside of loops."""
    scope = frame.scope
    if scope is None or isinstance(scope, ast.Module):
        scope = None
    body = scope if scope is not None else _loop_around(frame)
    return body is not None and any(
        isinstance(node, ast.Attribute) and node.attr == "backward" for node in ast.walk(body)
    )  # fmt: skip


def _loop_around(frame: Frame) -> ast.AST | None:
    """The innermost loop around a script's line."""
    here = frame.source.parents.get(frame.node) if frame.source is not None and frame.node is not None else None
    while here is not None and not isinstance(here, ast.For | ast.While):
        here = frame.source.parents.get(here) if frame.source is not None else None
    return here
