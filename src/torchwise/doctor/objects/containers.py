"""Layers that a module keeps in plain lists, tuples and dictionaries, where PyTorch doesn't see them."""

import ast
from dataclasses import dataclass
from typing import Any

from torch import nn

from torchwise.doctor.flow import Flow
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.attributes import Assignment, assignments
from torchwise.doctor.objects.changes import at_line, statement_change, without_comma
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced


@dataclass(frozen=True, eq=False)
class Plain:
    """One such list or dictionary: the module that has it, the attribute, and itself."""

    module: nn.Module
    name: str
    value: Any

    @property
    def kind(self) -> str:
        """list, tuple or dict."""
        return type(self.value).__name__

    @property
    def assignment(self) -> Assignment | None:
        """Where it is assigned."""
        return next(iter(assignments(self.module, self.name)), None)


def plain_containers(root: nn.Module) -> list[Plain]:
    """The attributes of a module and its parts that hold layers in a plain container."""
    return [
        Plain(module, name, value)
        for module in root.modules()
        for name, value in vars(module).items()
        if not name.startswith("_") and holds_modules(value)
    ]


def holds_modules(value: Any) -> bool:
    """Whether a value is a plain list, tuple or dictionary of layers."""
    if isinstance(value, list | tuple):
        return any(isinstance(item, nn.Module) or (item is not value and holds_modules(item)) for item in value[:50])
    if isinstance(value, dict):
        return any(isinstance(item, nn.Module) for item in list(value.values())[:50])
    return False


def registered(plain: Plain, flow: Flow, *, called: bool = False) -> Change | None:
    """The change that makes a module of the container: ModuleList or ModuleDict; Sequential if it is called."""
    where = plain.assignment
    if where is None:
        return None
    spot = Spot(where.source, getattr(where.statement, "value", where.statement))
    node = spot.node
    if isinstance(node, ast.Tuple) and len(node.elts) == 1 and isinstance(plain.value, tuple):
        return without_comma(spot, node)
    text = " ".join(spot.text.split())
    if isinstance(plain.value, dict):
        new = f"nn.ModuleDict({text})"
    elif called:
        is_written = isinstance(node, ast.List | ast.Tuple) and node.elts
        new = f"nn.Sequential({text[1:-1].rstrip(', ')})" if is_written else f"nn.Sequential(*{text})"
        if isinstance(node, ast.List) and not node.elts:
            new = "nn.Sequential()"
    else:
        new = "nn.ModuleList()" if text == "[]" else f"nn.ModuleList({text})"
    if getattr(node, "lineno", 0) != getattr(node, "end_lineno", 0):
        head = f"{where.source.text(where.statement).split('=')[0].strip()} = {new.split('(')[0]}(...)"
        return at_line(spot, head, where.statement)
    if isinstance(where.statement, ast.Assign):
        targets = where.source.text(where.statement.targets[0])
        return statement_change(spot, where.statement, f"{targets} = {new}")
    return replaced(spot, node, new)
