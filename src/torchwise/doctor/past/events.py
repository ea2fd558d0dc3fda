"""What ran before the failing line, in order: each statement and call, through the user's functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torchwise.doctor.case import Case
from torchwise.doctor.flow import Flow
from torchwise.doctor.frames import Frame
from torchwise.doctor.past.calls import entered
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot

DEEPEST = 7  # calls in calls
MOST = 6000  # nodes: of a larger program only so much is read
LOOPS = ast.For | ast.While | ast.AsyncFor
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
Turn = Literal["this", "last"]

_kept: list[tuple[Case, list["Ran"]]] = []  # of the case in hand, for all rules


@dataclass(frozen=True, eq=False)
class Ran:
    """One statement or call that ran.

    level: how many of the loops around the failing line it stands outside of; 0 is in the innermost of them.
    turn: this turn of the loop at its level, or the last one, where what stands behind the failing line ran.
    """

    spot: Spot
    level: int
    turn: Turn

    @property
    def is_now(self) -> bool:
        """Whether it ran in this turn of the innermost loop."""
        return self.level == 0 and self.turn == "this"


@dataclass(frozen=True, eq=False)
class _Part:
    """A statement of a live frame that ran before. depth: which frame."""

    frame: Frame
    depth: int
    node: ast.AST
    level: int
    turn: Turn


def ran_before(case: Case) -> list[Ran]:
    """All that ran before the failing line, as far as it can be read, the earliest first."""
    if not _kept or _kept[0][0] is not case:
        _kept[:] = [(case, list(_ran(case)))]
    return _kept[0][1]


def num_loops(case: Case) -> int:
    """How many loops of the user's stand around the failing line, over all calls."""
    return sum(len(loops_around(frame)) for frame in case.user)


def loops_around(frame: Frame) -> list[ast.AST]:
    """The loops around the line that a frame is at, the innermost first."""
    found: list[ast.AST] = []
    if frame.source is not None and frame.node is not None:
        child, here = frame.node, frame.source.parents.get(frame.node)
        while here is not None and not isinstance(here, DEFINITIONS | ast.Module):
            if isinstance(here, LOOPS) and child in here.body:
                found.append(here)
            child, here = here, frame.source.parents.get(here)
    return found


def _ran(case: Case) -> Iterator[Ran]:
    count = 0
    for part in _parts(case.user):
        spot = case.flow.spot(part.frame, part.node)
        for inner in expanded(case.flow, spot):
            count += 1
            if count > MOST:
                return
            yield Ran(inner, part.level, part.turn)


def _parts(frames: list[Frame]) -> list[_Part]:
    """The statements of the live frames that ran before, in the order in which they ran."""
    level = 0
    found: list[_Part] = []
    for depth, frame in reversed(list(enumerate(frames))):
        if frame.node is None or frame.source is None:
            continue
        found += _of_frame(frame, depth, level)
        found.append(_Part(frame, depth, frame.source.statement_of(frame.node), level, "last"))
        level += len(loops_around(frame))
    kept = [part for part in found if part.turn == "this" or part.level < level]

    def order(part: _Part) -> tuple[Any, ...]:
        is_this = part.turn == "this"
        return -part.level, is_this, part.depth if is_this else -part.depth, getattr(part.node, "lineno", 0)

    return sorted(kept, key=order)


def _of_frame(frame: Frame, depth: int, level: int) -> Iterator[_Part]:
    """The statements around the one that a frame is at, from the inside out, and what ran of that one itself."""
    assert frame.source is not None and frame.node is not None, "asked before"
    for call in evaluated_before(frame.source, frame.node):
        yield _Part(frame, depth, call, level, "this")
    child: ast.AST = frame.source.statement_of(frame.node)
    here = frame.source.parents.get(child)
    while here is not None:
        block = next((b for b in _blocks(here) if child in b), None)
        if block is not None:
            at = block.index(child)
            yield from (_Part(frame, depth, node, level, "this") for node in block[:at])
            yield from (_Part(frame, depth, node, level, "last") for node in block[at + 1 :])
        if isinstance(here, LOOPS) and block is here.body:
            level += 1
        if isinstance(here, DEFINITIONS):
            return
        child, here = here, frame.source.parents.get(here)


def evaluated_before(source: Source, node: ast.AST) -> list[ast.AST]:
    """The calls in the same statement that had been made before an expression was at its own."""
    statement = source.statement_of(node)
    inside, begin = set(ast.walk(node)), _place(node)
    found = [
        item for item in ast.walk(statement)
        if isinstance(item, ast.Call) and item is not node and (item in inside or _end(item) <= begin)
    ]  # fmt: skip
    outermost = [item for item in found if not any(item is not o and item in set(ast.walk(o)) for o in found)]
    return sorted(outermost, key=_end)


def expanded(flow: Flow, spot: Spot, depth: int = 0, path: tuple[ast.AST, ...] = ()) -> Iterator[Spot]:
    """A statement or expression and all in it that runs, in order; calls of the user's with what they enter."""
    node = spot.node
    if isinstance(node, DEFINITIONS):
        return
    for child in _children(node):
        yield from expanded(flow, spot.at(child, ()), depth, path)
    if isinstance(node, ast.Call) and depth < DEEPEST:
        for definition in entered(flow, spot):
            if definition.node not in path:
                body = definition.node.body  # type: ignore[attr-defined]
                for item in body if isinstance(body, list) else [body]:
                    yield from expanded(flow, definition.at(item, ()), depth + 1, (*path, definition.node))
    if isinstance(node, ast.Call | ast.stmt | ast.withitem):
        yield spot


def _children(node: ast.AST) -> list[ast.AST]:
    """The parts of a node in the order in which they run: the value of an assignment before its target."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [*([node.value] if node.value is not None else []), *targets]
    return list(ast.iter_child_nodes(node))


def _blocks(node: ast.AST) -> list[list[ast.AST]]:
    names = ("body", "orelse", "finalbody", "handlers")
    return [block for name in names if isinstance(block := getattr(node, name, None), list)]


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _end(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "end_lineno", None) or 0, getattr(node, "end_col_offset", None) or 0
