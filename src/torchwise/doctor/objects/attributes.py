"""The attributes of a module that is at hand: where they are assigned and read, and which was meant by another name."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.bindings import attribute_bindings, bindings_in
from torchwise.doctor.flow import Flow
from torchwise.doctor.objects.definitions import classes_of, nearest
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import methods_first_init

SHORTEST = 3  # letters of an abbreviation, as `act` for `activation`


@dataclass(frozen=True, eq=False)
class Assignment:
    """`self.name = value` in a method of a class."""

    source: Source
    owner: ast.ClassDef
    method: ast.FunctionDef
    statement: ast.AST
    name: str

    @property
    def line(self) -> int:
        """The line it begins on."""
        return getattr(self.statement, "lineno", 1)

    @property
    def spot(self) -> Spot:
        """The statement as a spot."""
        return Spot(self.source, self.statement)


def assignments(module: object, name: str) -> list[Assignment]:
    """Where an attribute is assigned in the classes of an object, `__init__` first."""
    found = []
    for source, owner in classes_of(module):
        for method in methods_first_init(owner):
            first = method.args.args[0].arg if method.args.args else "self"
            found += [
                Assignment(source, owner, method, binding.statement, name)
                for binding in attribute_bindings(method, first, name)
            ]
    return found


def local_in_init(module: object, name: str) -> Spot | None:
    """The assignment `name = ...` in `__init__`, where `self.` was left out."""
    for source, owner in classes_of(module):
        for method in methods_first_init(owner)[:1]:
            found = [b for b in bindings_in(method, name) if b.kind == "value"]
            if method.name == "__init__" and found:
                return Spot(source, found[-1].statement)
    return None


def condition_around(assignment: Assignment) -> ast.If | None:
    """The `if` within its method that an assignment depends on."""
    here = assignment.source.parents.get(assignment.statement)
    while here is not None and here is not assignment.method:
        if isinstance(here, ast.If):
            return here
        here = assignment.source.parents.get(here)
    return None


def names_of(module: nn.Module) -> set[str]:
    """What can be asked of a module by name: layers, parameters, buffers, values and the user's methods."""
    tables = (module._modules, module._parameters, module._buffers)
    plain = {name for name in vars(module) if not name.startswith("_") and name != "training"}
    methods = {
        item.name for _, owner in classes_of(module) for item in owner.body
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("__")
    }  # fmt: skip
    return {name for table in tables for name in table} | plain | methods


def reads(flow: Flow, name: str) -> Iterator[ast.Attribute]:
    """Where the user's files read an attribute of this name, of whatever object."""
    for source in flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load):
                yield node


def meant(flow: Flow, module: nn.Module, name: str) -> str | None:
    """The attribute that was meant by a name which the module hasn't."""
    names = names_of(module)
    near = nearest(name, names)
    unread = [item for item in {*module._modules, *module._parameters} if not any(True for _ in reads(flow, item))]
    if near is not None and (not unread or near in unread):
        return near
    short = [item for item in unread or names if _abbreviates(item, name) or _abbreviates(name, item)]
    if len(short) == 1:
        return short[0]
    if near is not None:
        return near
    similar = nearest(name, unread, 0.5)
    return similar if similar is not None else nearest(name, set(dir(nn.Module)), 0.8)


def _abbreviates(short: str, long: str) -> bool:
    """Whether one name is the beginning of the other, or holds it as a word."""
    if not SHORTEST <= len(short) < len(long):
        return False
    return long.startswith(short) or short in re.split(r"_|\d", long)


def is_assigned_wrongly(flow: Flow, module: nn.Module, name: str, near: str) -> bool:
    """Whether the assignment has the odd name, and not the line that reads it."""
    where = assignments(module, near)
    if not where:
        return False
    own, near_reads = list(reads(flow, name)), list(reads(flow, near))
    users = {owner for node in own if (owner := _class_around(flow, node)) is not None}
    order = [definition for _, definition in classes_of(module)]  # the class first, then its bases
    places = [order.index(owner) for owner in users if owner in order]
    if places and where[0].owner in order and places[0] != order.index(where[0].owner):
        return places[0] > order.index(where[0].owner)  # the subclass has to keep to the names of its base
    if near_reads:
        return len(own) > len(near_reads)
    if len(own) > 1:
        return True
    return _weight(flow, module, name, near) >= _weight(flow, module, near, name)


def _class_around(flow: Flow, node: ast.AST) -> ast.ClassDef | None:
    """The class that an expression stands in."""
    for source in flow.sites.sources:
        here = source.parents.get(node)
        while here is not None:
            if isinstance(here, ast.ClassDef):
                return here
            here = source.parents.get(here)
    return None


def _weight(flow: Flow, module: nn.Module, name: str, other: str) -> int:
    """How much a name is at home in the program: among its words, and beside the names of its siblings."""
    text = "\n".join("".join(source.lines) for source in flow.sites.sources).lower()
    word = name.lower()
    count = text.count(word) - (text.count(other.lower()) if word in other.lower() else 0)
    stem = re.sub(r"\d+", "#", name)
    siblings = sum(re.sub(r"\d+", "#", item) == stem for item in module._modules if item not in (name, other))
    kind = type(module._modules.get(other) or module._modules.get(name)).__name__.lower()
    return count + 2 * siblings + 2 * (word.replace("_", "") == kind)
