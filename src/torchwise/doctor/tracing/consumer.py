"""What the result of an expression is used for next: the layer it goes into."""

import ast

from torch import nn

from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.sizes import Sizes, flattened


def consumer(sizes: Sizes, spot: Spot) -> nn.Module | None:
    """The layer that gets the value of an expression, in its own line or later in the function by the value's name."""
    source = spot.source
    parent = source.parents.get(spot.node)
    if isinstance(parent, ast.Call) and (found := _module(sizes, spot, parent)) is not None:
        return found
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or not isinstance(parent.targets[0], ast.Name):
        return None
    name = parent.targets[0].id
    calls = [
        node
        for node in ast.walk(source.scope_of(spot.node))
        if isinstance(node, ast.Call) and node.lineno > parent.lineno
        and any(isinstance(item, ast.Name) and item.id == name for item in node.args)
    ]  # fmt: skip
    for call in sorted(calls, key=lambda node: node.lineno):
        if (found := _module(sizes, spot, call)) is not None:
            return found
    return None


def _module(sizes: Sizes, spot: Spot, call: ast.Call) -> nn.Module | None:
    """The first layer of the module that a call calls."""
    value = sizes.value(spot.at(call.func, ()))
    return flattened(value)[0] if isinstance(value, nn.Module) and flattened(value) else None
