"""What is compared: what an answer gave and what it should have given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from torchwise.finding import Words
from torchwise.learn.drawing import draw
from torchwise.learn.verdict import NOT_STARTED, Verdict
from torchwise.texts import note

Given = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One tensor beside the one that was expected. rtol, atol: how far apart floats may be."""

    actual: Any
    expected: Tensor
    called: str
    given: Given = field(default_factory=dict)
    rtol: float = 1e-4
    atol: float = 1e-5

    def verdict(self, message: str, what: Words, likely: Words = "", step: Words = "") -> Verdict:
        """A verdict that shows both."""
        return Verdict(
            message=message, what=what, likely=likely, step=step, called=self.called, given=drawn(self.given),
            actual=shown(self.actual), expected=draw(self.expected),
        )  # fmt: skip

    def is_close(self, actual: Tensor, expected: Tensor) -> bool:
        """Whether two tensors are of one shape and hold the same numbers, dtypes aside."""
        if actual.shape != expected.shape or actual.device.type == "meta":
            return False
        one, other = actual.detach().cpu(), expected.detach().cpu()
        if one.is_complex() or other.is_complex():
            return torch.equal(one, other)
        return torch.allclose(one.double(), other.double(), rtol=self.rtol, atol=self.atol, equal_nan=True)


def nothing(value: Any, called: str) -> Verdict | None:
    """The verdict on a value that is none yet."""
    if value is Ellipsis:
        return Verdict(message=NOT_STARTED, called=called, what=note("{called} is still ...", called=called),
                       step=note("put your code where the three dots are"))  # fmt: skip
    if value is None:
        return Verdict(message="none", called=called, what=note("{called} gives None", called=called), step=note("return the result"),
                       likely=note("a function that ends without `return` gives None; so do methods like list.append"))  # fmt: skip
    return None


def drawn(given: Given) -> str:
    """What an answer was called with."""
    return "\n".join(f"{name} = {shown(value)}" for name, value in given.items())


def shown(value: Any) -> str:
    """A value as it is shown to the learner: a tensor drawn, anything else as Python writes it, long ones cut."""
    if isinstance(value, Tensor):
        return draw(value)
    if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
        return "\n".join(f"[{index}] {shown(item)}" for index, item in enumerate(value[:4]))
    text = repr(value)
    return text if len(text) <= 300 else text[:297] + "..."
