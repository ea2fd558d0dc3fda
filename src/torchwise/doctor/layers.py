"""Layers: where one was built, the expressions of its arguments, and how to write another number there."""

import ast
import inspect
from dataclasses import dataclass
from typing import Any

from torch import nn

from torchwise.doctor.flow import Flow
from torchwise.doctor.recorder import calls_of
from torchwise.doctor.source import node_at, read_source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.finding import Mend, Words


@dataclass(frozen=True)
class Change:
    """A mend of one call: where, and how the call reads afterwards."""

    mend: Mend
    text: Words
    spot: Spot


class Layers:
    """The layers of the failing program: where each was built, by record, else by the assignment in its class."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def site(self, module: nn.Module, path: str = "", root: nn.Module | None = None, variable: str = "") -> Spot | None:
        """The call that built a module; its path in the module that a variable holds helps where none was recorded."""
        spots = recorded_spots(module)
        if spots is not None and isinstance(spots.node, ast.Call):
            return spots
        return self._assigned(path, root, variable) if root is not None else None

    def _assigned(self, path: str, root: nn.Module, variable: str) -> Spot | None:
        """The call in the class of the parent: `self.name = Layer(...)`, or the item of its Sequential."""
        parent, names = root, path.split(".") if path else []
        spot = self._held(variable) if variable and (not path or type(root) is nn.Sequential) else None
        for index, name in enumerate(names):
            is_item = name.isdigit() and spot is not None
            spot = self._item(spot, int(name)) if is_item and spot is not None else self._attribute(parent, name)
            if index + 1 < len(names):
                child = parent._modules.get(name)
                if child is None:
                    return None
                parent = child
        return spot if spot is not None and isinstance(spot.node, ast.Call) else None

    def _held(self, variable: str) -> Spot | None:
        """The call that made what a variable (or an attribute of self) holds."""
        node = ast.parse(variable, mode="eval").body
        for frame in reversed(self.flow.frames):
            if frame.source is None or frame.node is None:
                continue
            base = variable.partition(".")[0]
            if base not in frame.locals and base not in frame.frame.f_globals:
                continue
            for part in ast.walk(node):
                ast.copy_location(part, frame.node)
                frame.source.parents[part] = frame.source.parents.get(frame.node, frame.source.tree)
            return self.flow.born(self.flow.spot(frame, node))
        return None

    def _attribute(self, parent: nn.Module, name: str) -> Spot | None:
        probe = ast.copy_location(ast.Attribute(value=ast.Name(id="self"), attr=name), ast.Name(id="self"))
        for frame in self.flow.frames:
            if frame.source is not None:
                return self.flow.before(Spot(frame.source, probe, receiver=parent))
        return None

    def _item(self, spot: Spot, index: int) -> Spot | None:
        """One element of a Sequential, ModuleList or list."""
        node = self.flow.born(spot).node
        if isinstance(node, ast.Call) and index < len(node.args) and not any(
            isinstance(item, ast.Starred) for item in node.args
        ):  # fmt: skip
            return spot.at(node.args[index], ())
        return None

    def argument(self, site: Spot, module: nn.Module, name: str) -> Spot | None:
        """The expression that a parameter of the layer's class was given, as it stands in the call."""
        assert isinstance(site.node, ast.Call), "a layer is built by a call"
        if (given := keyword_of(site.node, name)) is not None:
            return site.at(given, ())
        names = [item for item in inspect.signature(type(module).__init__).parameters if item != "self"]
        if any(isinstance(item, ast.Starred) for item in site.node.args):
            return None
        if name in names and names.index(name) < len(site.node.args):
            return site.at(site.node.args[names.index(name)], ())
        return None

    def change(self, site: Spot, module: nn.Module, name: str, value: Any) -> Change | None:
        """Write another value for one argument: where it was born, if that serves nothing else; else in the call."""
        given = self.argument(site, module, name)
        if given is None:
            return None
        born = self.flow.born(given)
        if born.node is not given.node and isinstance(born.node, ast.Constant) and not self.is_shared(born, given):
            return rewritten(born, born.node, repr(value))
        return rewritten(site, given.node, repr(value))

    def is_shared(self, born: Spot, given: Spot) -> bool:
        """Whether a value serves more than one place, so that changing it where it was born would move others too."""
        for step in self.flow.trail(given)[:-1]:
            if isinstance(step.node, ast.Name | ast.Attribute):
                scope = step.source.scope_of(step.node)
                same = ast.dump(step.node)
                if sum(ast.dump(node) == same for node in ast.walk(scope)) > 1:
                    return True
        return False


def rewritten(spot: Spot, part: ast.AST, new: str) -> Change:
    """The expression around `part` with `part` replaced: on one line the whole call, else the part alone."""
    source = spot.source
    outer = enclosing_call(spot, part)
    line = getattr(part, "lineno", spot.line)
    if outer is not None and getattr(outer, "end_lineno", line) == getattr(outer, "lineno", 0) == line:
        old = source.text(outer)
        begin = getattr(part, "col_offset", 0) - getattr(outer, "col_offset", 0)
        end = getattr(part, "end_col_offset", 0) - getattr(outer, "col_offset", 0)
        raw = old.encode()
        text = (raw[:begin] + new.encode() + raw[end:]).decode()
        return Change(Mend(file=spot.file, line=line, old=old, new=text), text, spot.at(part, ()))
    return Change(Mend(file=spot.file, line=line, old=source.text(part), new=new), new, spot.at(part, ()))


def enclosing_call(spot: Spot, part: ast.AST) -> ast.AST | None:
    """The call (or the statement, for an assigned constant) that a part belongs to."""
    here: ast.AST | None = part
    while here is not None:
        if isinstance(here, ast.Call) and here is not part:
            return here
        if isinstance(here, ast.Assign | ast.AnnAssign):
            return here
        if isinstance(here, ast.stmt):
            return None
        here = spot.source.parents.get(here)
    return None


def recorded_spots(module: nn.Module) -> Spot | None:
    """The recorded call that built a module, with the calls around it; None if none was recorded."""
    spot: Spot | None = None
    for code, lasti in reversed(calls_of(module)):
        source, node = read_source(code.co_filename), node_at(code, lasti)
        if source is None or node is None:
            continue
        # A comprehension runs in a frame of its own, but its names are those of the function around it.
        is_comprehension = code.co_name in ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>")
        spot = Spot(source, node, caller=spot.caller if is_comprehension and spot is not None else spot)
    return spot
