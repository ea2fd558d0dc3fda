"""Which lines of the user's were reached, block by block."""

import ast
import mmap
import sys
from collections.abc import Iterable, Iterator, Sequence

from torchwise.doctor.frames import Frame
from torchwise.doctor.source import Source
from torchwise.rehearsal.running.stretches import Stretch

LEAVING = ast.Raise | ast.Pass | ast.Continue | ast.Break | ast.Return | ast.Global | ast.Nonlocal


class Blocks:
    """The blocks of one file, each with a byte that is 1 once it was reached; forked processes share the bytes."""

    def __init__(self, file: str, *, number: int = 0) -> None:
        self.file = file
        self.name = f"__rehearsed_{number}__"
        self.stretches: list[Stretch] = []
        self.reached: mmap.mmap | None = None

    def add(self, body: Sequence[ast.stmt], name: str) -> int | None:
        """A new block's number; None for one that is empty or only leaves, which needs no rehearsal."""
        if not body or all(isinstance(statement, LEAVING) for statement in body):
            return None
        first = min([body[0].lineno, *(item.lineno for item in getattr(body[0], "decorator_list", ()))])
        self.stretches.append(Stretch(file=self.file, first=first, last=body[-1].end_lineno or first, name=name))
        return len(self.stretches) - 1

    def open(self) -> mmap.mmap:
        """The bytes, all 0."""
        self.reached = mmap.mmap(-1, max(1, len(self.stretches)))
        return self.reached

    def missed(self) -> Iterator[Stretch]:
        """The blocks that were never reached."""
        for number, stretch in enumerate(self.stretches):
            if self.reached is not None and not self.reached[number]:
                yield stretch


def not_rehearsed(blocks: Iterable[Blocks], frames: Sequence[Frame] = ()) -> list[Stretch]:
    """The stretches that were not reached, those inside others left out; frames: of the error that ended the script."""
    missed = [stretch for block in blocks for stretch in block.missed()]
    missed += [stretch for frame in frames if frame.source for stretch in _behind(frame.source, frame.line)]
    return sorted(_outermost(missed), key=lambda stretch: (stretch.file, stretch.first))


def _outermost(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Those that lie in no other; neighbours are joined."""
    ordered = sorted(stretches, key=lambda stretch: (stretch.file, stretch.first, -stretch.last))
    open_one: Stretch | None = None
    for stretch in ordered:
        if open_one is not None and stretch.file == open_one.file and stretch.last <= open_one.last:
            continue
        if open_one is not None:
            yield open_one
        open_one = stretch
    if open_one is not None:
        yield open_one


def _behind(source: Source, line: int) -> Iterator[Stretch]:
    """What stands behind a line, in its block and in those around it, up to the function."""
    holder: ast.AST = source.tree
    inner = [node for node in ast.walk(source.tree) if isinstance(node, ast.stmt) and _holds(node, line)]
    for node in [*inner]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            holder = node
    for node in [holder, *inner]:
        if node is not holder and not _inside(source, node, holder):
            continue
        for body in (getattr(node, name, ()) for name in ("body", "orelse", "finalbody")):
            rest = [item for item in body if isinstance(item, ast.stmt) and item.lineno > line] if isinstance(
                body, list) else []  # fmt: skip
            before = [item for item in body if item not in rest] if rest else []
            if rest and before and _holds(before[-1], line) and not all(isinstance(item, LEAVING) for item in rest):
                yield Stretch(file=source.file, first=rest[0].lineno, last=rest[-1].end_lineno or sys.maxsize)


def _holds(node: ast.stmt, line: int) -> bool:
    """Whether a line is one of a statement's."""
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _inside(source: Source, node: ast.AST, holder: ast.AST) -> bool:
    """Whether a node stands in another."""
    here: ast.AST | None = node
    while here is not None and here is not holder:
        here = source.parents.get(here)
    return here is holder
