"""What a loss's graph leads to, looked at just before it is walked backwards."""

from typing import Any

from torch import Tensor

MOST_NODES = 200_000


def leaves_of(roots: list[Tensor]) -> list[Tensor]:
    """The leaf tensors that get gradients from these: parameters, and inputs that ask for them."""
    found: list[Tensor] = [root for root in roots if root.grad_fn is None and root.requires_grad]
    waiting: list[Any] = [root.grad_fn for root in roots if root.grad_fn is not None]
    seen = set(waiting)
    while waiting and len(seen) < MOST_NODES:
        node = waiting.pop()
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            found.append(variable)
        for following, _ in node.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                waiting.append(following)
    return found
