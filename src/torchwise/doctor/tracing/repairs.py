"""The search for a single change on the way of a value with which the failing operation would work."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.edits import Edit, edits
from torchwise.doctor.tracing.sizes import Sizes

Accept = Callable[[Any], bool]
MOST_STEPS = 14  # back from the failing line; each costs a few tries
MOST_TRIES = 220


@dataclass(frozen=True, eq=False)
class Repair:
    """An edit with which it would work; `steps` back from the failing line."""

    edit: Edit
    steps: int

    @property
    def cost(self) -> float:
        """How unlikely it is what was meant: the edit's own cost, a little more for each step away."""
        return self.edit.cost + 0.02 * self.steps


def repairs(sizes: Sizes, spot: Spot, accept: Accept, around: ast.AST | None = None) -> list[Repair]:
    """The edits on the way to the expression at `spot` with which it gets a value that is accepted, likeliest first.

    around: the failing operation, in which an edit of the expression itself is shown.
    """
    chain = Chain(sizes, spot)
    found = []
    for index, edit in _tries(sizes, chain):
        value = _value(sizes, chain, index, edit)
        if isinstance(value, Tensor | tuple) or hasattr(value, "shape"):
            final = chain.pushed(index, value) if index else value
            if final is not None and accept(final):
                found.append(Repair(edit if index else replace(edit, around=around), index))
    return sorted(found, key=lambda repair: repair.cost)


def _value(sizes: Sizes, chain: Chain, index: int, edit: Edit) -> Any:
    """What an edit would give; where only the end of the way is known, and was made so, that turned round."""
    value = edit.value(sizes)
    is_same = all(step.link == "same" for step in chain.steps[1 : index + 1])
    if value is None and edit.kind == "turned" and is_same:
        known = chain.known(0)
        return known.transpose(0, 1) if isinstance(known, Tensor) and known.dim() > 1 else None
    return value


def _tries(sizes: Sizes, chain: Chain) -> Iterator[tuple[int, Edit]]:
    count = 0
    for index, step in enumerate(chain.steps[:MOST_STEPS]):
        for edit in edits(sizes, step.spot):
            count += 1
            if count > MOST_TRIES:
                return
            yield index, edit
