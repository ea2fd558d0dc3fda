"""The modules of a model as the lines that people read: nested, alike ones together, no deeper than is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torchwise.rehearsal.summary.models import Row

MOST_LINES = 30


@dataclass(eq=False)
class Node:
    """A module and those in it."""

    row: Row
    parts: list["Node"] = field(default_factory=list)

    @property
    def likeness(self) -> object:
        """What is the same in numbered modules that are alike; what they keep depends on what comes before them."""
        row = self.row
        name = row.path.rpartition(".")[2]
        return (
            name.isdecimal() or name,
            row.kind,
            row.shape,
            row.dtype,
            row.parameters,
            row.flops,
            tuple(part.likeness for part in self.parts),
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """A module, or `count` that follow each other and are alike, in one line. left_out: how many modules stand for none."""

    depth: int
    name: str
    row: Row
    count: int = 1
    left_out: int = 0


def lines_of(rows: Sequence[Row], most: int = MOST_LINES) -> list[Line]:
    """The lines of the modules in a model: as deep as `most` lines allow, and the first and last ones where even the
    outermost are more.
    """
    tree = _tree(rows) or [Node(row) for row in rows[:1]]
    shown: list[Line] = []
    depth = 1
    while True:
        deeper = _lines(tree, "", 0, depth)
        if len(deeper) == len(shown) or (shown and len(deeper) > most):
            break
        shown, depth = deeper, depth + 1
    if len(shown) <= most:
        return shown
    middle = Line(depth=0, name="", row=rows[0], left_out=len(shown) - most + 1)
    return [*shown[: most - 6], middle, *shown[-5:]]


def _tree(rows: Sequence[Row]) -> list[Node]:
    """The modules inside the model, each below the innermost called one that holds it."""
    nodes = {row.path: Node(row) for row in rows}
    outermost: list[Node] = []
    for path, node in nodes.items():
        if not path:
            continue
        above = path
        while above and (above == path or above not in nodes):
            above = above.rpartition(".")[0]
        (nodes[above].parts if above else outermost).append(node)
    return outermost


def _lines(nodes: Sequence[Node], above: str, level: int, depth: int) -> list[Line]:
    """The lines of some nodes and of what is below them, `depth` levels deep."""
    lines: list[Line] = []
    position = 0
    while position < len(nodes):
        node, count = nodes[position], 1
        while position + count < len(nodes) and nodes[position + count].likeness == node.likeness:
            count += 1
        last = nodes[position + count - 1].row.path
        name = node.row.path.removeprefix(f"{above}." if above else "")
        if count > 1:
            name += f"-{last.rpartition('.')[2]}"
        lines.append(Line(depth=level, name=name, row=nodes[position + count - 1].row, count=count))
        if depth > 1:
            lines += _lines(node.parts, node.row.path, level + 1, depth - 1)
        position += count
    return lines
