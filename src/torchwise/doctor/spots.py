"""Spots, expressions in the user's code with what is known of the call they ran in; and where objects were built."""

import ast
from dataclasses import dataclass, replace
from typing import Any, Protocol

from torchwise.doctor.bindings import Key
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.frames import Frame
from torchwise.doctor.source import Owners, Source
from torchwise.doctor.syntax import call_name


@dataclass(frozen=True, eq=False)
class Spot:
    """An expression somewhere in the user's code, with as much as is known of the call it ran in.

    path: the part of its value that is meant. frame: the live frame, if the call was still under way.
    caller: the call that entered this scope, from which its parameters come. receiver: the object that `self` was.
    """

    source: Source
    node: ast.AST
    frame: Frame | None = None
    caller: "Spot | None" = None
    receiver: Any = None
    path: tuple[Key, ...] = ()

    @property
    def line(self) -> int:
        """The line it begins on."""
        return getattr(self.node, "lineno", 1)

    @property
    def file(self) -> str:
        """The file it stands in."""
        return self.source.file

    @property
    def text(self) -> str:
        """Its code."""
        return self.source.text(self.node)

    def at(self, node: ast.AST, path: tuple[Key, ...] | None = None) -> "Spot":
        """Another expression of the same call."""
        return replace(self, node=node, path=self.path if path is None else path)

    def value(self, default: Any = None) -> Any:
        """The value, if the call was still under way and evaluating is free of side effects."""
        if self.frame is None:
            return default
        return take(Evaluator(self.frame).value(self.node, default), self.path, default)


@dataclass(frozen=True, eq=False)
class Built:
    """Stands for an object of a user's class that is not at hand: its class and where it was built."""

    definition: ast.ClassDef
    made: Spot | None


class Sites:
    """Where objects were built: noted by those who found it, recorded while it happened, or searched for."""

    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources
        self.noted: dict[int, Spot] = {}

    def note(self, thing: object, spot: Spot) -> None:
        """Remember where an object was built."""
        self.noted[id(thing)] = spot

    def of(self, thing: object) -> Spot | None:
        """Where an object was built; None if that is not known."""
        return self.noted.get(id(thing)) or self.search(thing)

    def search(self, thing: object) -> Spot | None:
        """The only call of the object's class in the user's files."""
        name = type(thing).__name__
        found = [
            Spot(source, node)
            for source in self.sources
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call) and call_name(node) == name
        ]
        return found[0] if len(found) == 1 else None


def take(value: Any, path: tuple[Key, ...], default: Any = None) -> Any:
    """The part of a value that a path names."""
    for key in path:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return default
    return value


class Follower(Protocol):
    """Follows values back; what the rooms around `Flow` need of it."""

    sites: Sites

    def before(self, spot: Spot) -> Spot | None:
        """One step back along the same value."""

    def born(self, spot: Spot) -> Spot:
        """The expression that made the value."""

    def returned(self, function: Spot, path: tuple[Key, ...], call: Spot | None = None) -> Spot | None:
        """What a function of the user's returns."""

    def method_result(
        self, owners: Owners, name: str, path: tuple[Key, ...], made: Spot | None, receiver: Any
    ) -> Spot | None:
        """What a method of the user's returns."""

    def class_called(self, made: Spot) -> Owners:
        """The user's class that a call builds."""

    def function_result(self, function: Any, path: tuple[Key, ...], call: Spot | None, receiver: Any) -> Spot | None:
        """What a function object of the user's returns."""
