"""Deep copies of a model, its loss and its optimizer that belong together as the originals do."""

import copy
from typing import Any

from torch.optim import Optimizer


def copy_together(parts: tuple[Any, ...], memo: dict[int, Any] | None = None) -> tuple[Any, ...]:
    """The parts, deep copied. memo: what is not to be copied, by its id.

    An optimizer copies its groups and its state alone; what it has beside them, such as the list of parameters of
    LBFGS, is copied too, but no function: a scheduler puts one there that would step the original.
    Raises what the copying of a part raises.
    """
    memo = {} if memo is None else memo
    made: tuple[Any, ...] = copy.deepcopy(parts, memo)
    for part, other in zip(parts, made, strict=True):
        if isinstance(part, Optimizer):
            for name in vars(part).keys() - vars(other).keys():
                if not callable(value := getattr(part, name)):
                    setattr(other, name, copy.deepcopy(value, memo))
    return made
