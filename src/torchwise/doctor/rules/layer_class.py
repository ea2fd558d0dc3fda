"""A layer of the wrong kind: BatchNorm2d where BatchNorm1d is meant. Where its class is written."""

import ast

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.source import is_user_file


def other_class(case: Case, layer: nn.Module, spatial: int) -> Change | None:
    """The layer's class with another number of dimensions, where it is chosen; None if there is no such class."""
    name = type(layer).__name__
    wanted = f"{name[:-2]}{max(spatial, 1)}d"
    site = case.site_of(layer)
    if name[-1:] != "d" or wanted == name or not hasattr(nn, wanted) or site is None or not is_user_file(site.file):
        return None
    if not isinstance(site.node, ast.Call):
        return None
    born = case.flow.born(site.at(site.node.func, ()))
    text = born.source.text(born.node)
    if not text.endswith(name):
        return None
    return rewritten(born, born.node, text.removesuffix(name) + wanted)
