"""One step on the way of a tensor: what was called, on which shapes, and what it gave."""

import ast
import functools
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.spots import Spot

Shape = tuple[int, ...]


@dataclass(eq=False)
class Step:
    """One thing on the way: what was called (a module, or a function by its name), on what, and what it gave.

    spot: the expression in the code. within: the modules whose forward was under way, the outermost first.
    """

    name: str
    module: nn.Module | None
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    spot: Spot
    within: tuple[nn.Module, ...]
    result: Any = None

    @functools.cached_property
    def inputs(self) -> list[Tensor]:
        """The tensors that went in."""
        return tensors_in([*self.arguments, *self.named.values()])

    @property
    def given(self) -> Shape | None:
        """The shape of the first tensor that went in."""
        return tuple(self.inputs[0].shape) if self.inputs else None

    @property
    def shape(self) -> Shape | None:
        """The shape of what came out, of the first part if there are several."""
        found = tensors_in([self.result])
        return tuple(found[0].shape) if found else None


@dataclass(frozen=True)
class Failing:
    """What a retrace looks for: a layer with the shape it got, or an expression with the shapes of its operands."""

    layer: nn.Module | None
    given: Shape | None
    node: ast.AST | None
    shapes: tuple[Shape, ...] = ()


def tensors_in(values: Any) -> list[Tensor]:
    """The tensors in nested lists, tuples and dicts."""
    if isinstance(values, Tensor):
        return [values]
    if isinstance(values, dict):
        values = list(values.values())
    return [found for value in values for found in tensors_in(value)] if isinstance(values, list | tuple) else []
