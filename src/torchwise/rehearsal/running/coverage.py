"""Which lines of the user's were reached, block by block."""

import ast
import mmap
from collections.abc import Iterable, Iterator, Sequence

from torchwise.doctor.frames import Frame
from torchwise.doctor.source import Scope
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
    missed += _behind(frames)
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


def _behind(frames: Sequence[Frame]) -> Iterator[Stretch]:
    """What stands behind the lines that an error came through; not in loops, that may have been there before."""
    for frame in frames:
        node = frame.source.statement_of(frame.node) if frame.source and frame.node else None
        while frame.source is not None and node is not None and not isinstance(node, Scope):
            around = frame.source.parents[node]
            if isinstance(around, ast.For | ast.While):
                return
            rest = _rest(around, node)
            if rest and not all(isinstance(item, LEAVING) for item in rest):
                last = rest[-1].end_lineno or rest[-1].lineno
                yield Stretch(file=frame.file, first=rest[0].lineno, last=last)
            node = around


def _rest(around: ast.AST, node: ast.AST) -> list[ast.stmt]:
    """The statements that stand behind one in its block."""
    bodies = [body for _, body in ast.iter_fields(around) if isinstance(body, list) and node in body]
    return [item for body in bodies for item in body[body.index(node) + 1 :] if isinstance(item, ast.stmt)]
