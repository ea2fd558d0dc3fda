"""The shape of what the failing line was about to make."""

import ast
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.memory.holders import size_of
from torchwise.doctor.operation import Operand


@dataclass(frozen=True, eq=False)
class Result:
    """What a line would have made, on the meta device, and the tensors it would have made it from."""

    tensor: Tensor
    operands: tuple[Operand, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return size_of(self.tensor)

    @property
    def given(self) -> int:
        """The bytes of the largest operand."""
        return max((size_of(operand.value) for operand in self.operands), default=0)


def result_of(case: Case) -> Result | None:
    """The tensor that the user's line would have given; None if that can't be had without numbers."""
    frame, operation = case.frame, case.operation
    if frame is None or operation is None or frame.node is None:
        return None
    known: dict[ast.AST, Any] = {}
    for operand in operation.operands:
        if operand.node is not None and operand.value is not None:
            known[operand.node] = on_meta(operand.value)
    if case.layer is not None and isinstance(operation.callee, nn.Module) and not operation.operands:
        return None
    with torch.device("meta"):
        value = Evaluator(frame, known).value(frame.node)
    tensors = tuple(o for o in case.tensors() if not isinstance(o.value, nn.Parameter))
    return Result(value, tensors) if isinstance(value, Tensor) else None


def on_meta(value: Any) -> Any:
    """The same with every tensor replaced by one that holds no numbers."""
    if isinstance(value, Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(on_meta(item) for item in value)
    return value
