"""Where the inputs of a loader's samples got their values."""

import ast
from typing import Any

from torch.utils.data import TensorDataset

from torchwise.doctor.bindings import attribute_bindings
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of, methods_first_init, returns_of
from torchwise.rehearsal.reading.unrolled import Program

MOST = 8  # parts of parts


def born_inputs(program: Program, loader: Any) -> Spot | None:
    """The expression that gave the first tensor of the samples its values; None if it isn't found."""
    data = loader.dataset
    while hasattr(data, "dataset"):
        data = data.dataset
    if isinstance(data, TensorDataset):
        made = next((deed.spot for deed in program.named("TensorDataset")), None)
        given = next(iter(made.node.args), None) if made is not None and isinstance(made.node, ast.Call) else None
        return None if made is None or given is None else _whole(program, made.at(given, ()))
    for source, owner in class_nodes(type(data)):
        method = method_of(owner, "__getitem__")
        for value in returns_of(method) if method is not None else ():
            first = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
            for item in ast.walk(first):
                if isinstance(item, ast.Attribute) and ast.unparse(item.value) == "self":
                    bound = [b for m in methods_first_init(owner) for b in attribute_bindings(m, "self", item.attr)]
                    return Spot(source, bound[-1].statement) if bound else None
    return None


def _whole(program: Program, spot: Spot) -> Spot:
    """Where a table was made of which a value is a part."""
    for _ in range(MOST):
        spot = program.flow.born(spot)
        if not isinstance(spot.node, ast.Subscript):
            break
        spot = spot.at(spot.node.value, ())
    return spot
