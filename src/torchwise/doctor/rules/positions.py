"""Position tables that are shorter than the sequence they are added to."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, shaped, sizes_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

NAMES = re.compile(
    r"(?:^|[._])(?:pos\w*|pe|pos_?emb\w*|wpe|\w*position\w*|\w*pos_enc\w*|sin\w*|rel\w*|time_?emb\w*)\b", re.I
)


def table_is_too_short(case: Case) -> Iterator[Finding]:
    """TW611: a table of positions, cut to the sequence or not, has fewer rows than the sequence has tokens."""
    operation = case.operation
    if operation is None or not re.search(r"must match|broadcast|out of (?:bounds|range)", case.text):
        return
    found = _pair(case)
    if found is None:
        return
    table, rows, length, name = found
    what = note("the sequence has {length} positions, the table {name} has {rows}", length=length, name=name, rows=rows)
    why = note("a table of {rows} rows serves sequences of up to {rows} positions; a slice beyond its end is cut silently",
               rows=rows)  # fmt: skip
    sizes = sizes_of(case)
    dim = next((d for d in range(-len(table.shape), 0) if table.shape[d] == rows), -2)
    origin = sizes.origin(table.spot, dim, rows)
    change = _longer(case, origin.number, length) if origin.number is not None else None
    fix: Words = change.text if change is not None else note("a table of {length} rows", length=length)
    mend = change.mend if change is not None else origin.spot
    yield case.finding("TW611", what, why=why, fix=fix, mend=mend)
    yield case.finding(
        "TW611", what, fix=note("cut the sequences to {rows} positions: tokens[:, :{rows}]", rows=rows), sure=False
    )


def _longer(case: Case, number: object, length: int) -> Change:
    """A larger number of rows where that is given; one more for a class token."""
    spot = number
    from torchwise.doctor.spots import Spot

    assert isinstance(spot, Spot), "an expression of a size"
    born = case.flow.born(spot)
    value = sizes_of(case).value(born)
    if not isinstance(born.node, ast.Constant) and isinstance(value, int) and 0 < length - value <= 2:
        return replaced(spot, spot.node, f"{spot.text} + {length - value}", least=spot.source.parents.get(spot.node))
    if isinstance(value, int) and length - value == 1 and isinstance(spot.node, ast.Name | ast.Attribute):
        return replaced(spot, spot.node, f"{spot.text} + 1", least=spot.source.parents.get(spot.node))
    return number_change(case, spot, length, everywhere=True)


def _pair(case: Case) -> tuple[Shaped, int, int, str] | None:
    """The whole table, its rows, the length of the sequence, and the table's name."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    if operation.name not in ("add", "augassign", "mul", "add_"):
        return None
    items = shaped(case)
    if len(items) != 2:
        return None
    for table, other in ((items[1], items[0]), (items[0], items[1])):
        if not _is_table(case, table) or len(other.shape) < 2:
            continue
        for dim in range(2, min(len(table.shape), len(other.shape)) + 1):
            rows, length = table.shape[-dim], other.shape[-dim]
            if 1 < rows < length and table.shape[-1] == other.shape[-1]:
                return table, rows, length, _base(table.spot.node)
    return None


def _base(node: ast.AST) -> str:
    """The table without its index."""
    if isinstance(node, ast.Subscript):
        return _base(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _base(node.func.value)
    return ast.unparse(node)


def _is_table(case: Case, item: Shaped) -> bool:
    """Whether an operand is a table of a module: a parameter or buffer (or a part of it), named like positions or cut."""
    base = _base(item.spot.node)
    value = case.value(ast.parse(base, mode="eval").body) if base.isidentifier() else None
    if value is None:
        node = item.spot.node
        while isinstance(node, ast.Subscript):
            node = node.value
        value = case.value(node)
    is_cut = (isinstance(item.spot.node, ast.Subscript) and "size" in item.text) or "shape" in item.text
    is_own = isinstance(value, nn.Parameter) or (isinstance(value, Tensor) and base.startswith("self."))
    return bool(NAMES.search(base)) or (is_own and is_cut)


RULES = (table_is_too_short,)
