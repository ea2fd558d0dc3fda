"""The way of a value back to its birth, step by step, and what a change on one step would make of it at the end."""

import ast
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import operands_of
from torchwise.doctor.tracing.earlier import value_of
from torchwise.doctor.tracing.sizes import Sizes

LONGEST = 40
Link = Literal["start", "same", "sample", "rows", "operand"]


@dataclass(frozen=True, eq=False)
class ChainStep:
    """link: how the step before gets its value from this one: the very value, a batch of it or of its rows, or by
    computing with it.
    """

    spot: Spot
    link: Link


class Chain:
    """The steps from an expression back to where its value was made, along the first tensor of each operation."""

    def __init__(self, sizes: Sizes, spot: Spot) -> None:
        self.sizes = sizes
        self.steps = [ChainStep(spot, "start")]
        while len(self.steps) < LONGEST and (step := self._next(self.steps[-1].spot)) is not None:
            self.steps.append(step)

    def _next(self, spot: Spot) -> ChainStep | None:
        before = self.sizes.flow.before(spot)
        if before is not None:
            return ChainStep(before, self.sizes.batching(spot, before) or "same")
        operand = self._main(spot)
        return ChainStep(operand, "operand") if operand is not None else None

    def _main(self, spot: Spot) -> Spot | None:
        """The operand whose way is gone on with: the tensor with most values; of a call the first one."""
        node = spot.node
        nodes = list(operands_of(node))
        if isinstance(node, ast.Attribute):
            nodes = [node.value]
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return spot.at(node.elt, ())
        tensors = [(item, shape) for item in nodes if (shape := self.sizes.shape(spot.at(item, ()))) is not None]
        if isinstance(node, ast.BinOp | ast.Compare) and tensors:
            return spot.at(max(tensors, key=lambda pair: (len(pair[1]), torch.Size(pair[1]).numel()))[0], ())
        if tensors:
            return spot.at(tensors[0][0], ())
        lists = [item for item in nodes if isinstance(item, ast.List | ast.Tuple) and item.elts]
        if isinstance(node, ast.Call) and lists and isinstance(self.sizes.value(spot.at(lists[0], ())), list | tuple):
            first = spot.at(lists[0].elts[0], ())
            return first if self.sizes.shape(first) is not None else None
        return None

    def pushed(self, index: int, value: Any) -> Any:
        """What the expression at the start would be, if the step `index` had this value; None if that is not known."""
        for position in range(index, 0, -1):
            step, before = self.steps[position], self.steps[position - 1]
            if value is None:
                return None
            if step.link == "same":
                continue
            if step.link in ("sample", "rows"):
                whole = self.sizes.shape(before.spot)
                if not isinstance(value, Tensor) or not whole:
                    return None
                sample = value.shape if step.link == "sample" else value.shape[1:]
                value = torch.empty((whole[0], *sample), dtype=value.dtype, device="meta")
                continue
            given = {node: value for node in _same(before.spot.node, step.spot)}
            value = value_of(self.sizes.flow, before.spot, given=given)
        return value

    def known(self, index: int) -> Any:
        """The value of a step as it was."""
        return self.sizes.value(self.steps[index].spot)


def _same(whole: ast.AST, part: Spot) -> list[ast.AST]:
    """The places in an expression where the same operand stands: x twice in x.view(x.size(0), -1)."""
    wanted = ast.dump(part.node)
    return [part.node, *(node for node in ast.walk(whole) if node is not part.node and ast.dump(node) == wanted)]
