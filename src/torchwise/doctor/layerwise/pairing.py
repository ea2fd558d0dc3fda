"""Layers of a list that are paired with the wrong inputs: zip(self.layers, features) in another order."""

import ast

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layerwise.rivals import taken
from torchwise.doctor.shapes import Way, model_with
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name


def wrongly_paired(case: Case, way: Way, layer: nn.Module, given: int) -> tuple[Spot, list[int]] | None:
    """Where a list of layers is paired with inputs, if another layer of the list would have taken this one; their sizes."""
    spot = way.users_spot(way.failed) if way.failed is not None else None
    paired = _zip_around(spot) if spot is not None else None
    root = model_with(case, layer)
    if spot is None or paired is None or root is None:
        return None
    parent = next((m for m in root.modules() if isinstance(m, nn.ModuleList) and any(c is layer for c in m)), None)
    sizes = [size for child in parent if (size := taken(child)) is not None] if parent is not None else []
    return (spot.at(paired, ()), sizes) if given in sizes and given != taken(layer) else None


def _zip_around(spot: Spot) -> ast.Call | None:
    """The zip that the loop (or comprehension) around an expression goes over."""
    here = spot.source.parents.get(spot.node)
    while here is not None and not isinstance(here, ast.FunctionDef):
        iterable = here.iter if isinstance(here, ast.For) else None
        if isinstance(here, ast.ListComp | ast.GeneratorExp):
            iterable = here.generators[0].iter
        for node in ast.walk(iterable) if iterable is not None else ():
            if isinstance(node, ast.Call) and call_name(node) == "zip":
                return node
        here = spot.source.parents.get(here)
    return None
