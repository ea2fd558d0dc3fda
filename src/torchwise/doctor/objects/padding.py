"""Sequences of a batch that were to be padded to one length: a padding left out, without a cut, a cut without a padding."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import expressions_behind, search_back, walked
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.definitions import within
from torchwise.doctor.objects.loading import calls_of
from torchwise.doctor.objects.samples_at_hand import Collation
from torchwise.doctor.samples import LOADERS
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Words
from torchwise.texts import note

LENGTHS = re.compile(r"len|max|size|pad|seq|limit", re.I)
PADDING = {"pad_sequence", "pad", "pad_packed_sequence", "nested_tensor", "full", "zeros", "new_zeros"}

Mended = tuple[str, Change, Words]


def padded_but_not_cut(case: Case, found: Collation, lengths: list[int]) -> Iterator[Mended]:
    """`ids + [PAD] * (MAX_LEN - len(ids))` makes the short ones longer, and leaves the long ones as they are."""
    part = found.part_spot
    parts = (step.at(node, ()) for step in _behind(case, part) for node in walked(step.node))
    filling = next(((spot, wanted) for spot in parts if (wanted := _filled_up_to(case, spot)) is not None), None)
    if filling is None or not lengths:
        return
    spot, wanted = filling
    size = getattr(case.flow.born(spot.at(wanted, ())).node, "value", None)
    if size == min(lengths):
        code = " ".join(spot.source.text(spot.source.statement_of(spot.node)).split())
        more = note("{code} makes the short ones longer and leaves the long ones as they are", code=code)
        yield "TW620", _cut(spot, spot.source.text(wanted)), more


def _behind(case: Case, part: Spot | None) -> Iterator[Spot]:
    return expressions_behind(case.flow, part) if part is not None else iter(())


def _filled_up_to(case: Case, spot: Spot) -> ast.expr | None:
    """The length that short sequences get: N in `[0] * (N - len(x))`, `text.ljust(N)`, `while len(x) < N: x.append(0)`."""
    node, parents = spot.node, spot.source.parents
    if isinstance(node, ast.Call) and call_name(node) == "ljust" and node.args:
        return node.args[0]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for filler, times in ((node.left, node.right), (node.right, node.left)):
            if isinstance(times, ast.Call) and call_name(times) == "max":
                times = next((item for item in times.args if not isinstance(item, ast.Constant)), times)
            rest = case.flow.born(spot.at(times, ())).node if isinstance(times, ast.Name) else times
            if isinstance(filler, ast.List) and isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Sub):
                return rest.left if _is_length(rest.right) else None
    loop = parents.get(spot.source.statement_of(node))
    test = loop.test if isinstance(loop, ast.While) and call_name(parents.get(node, node)) == "append" else None
    is_short = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Lt) and _is_length(test.left)
    return test.comparators[0] if isinstance(test, ast.Compare) and is_short else None


def _is_length(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and call_name(node) == "len"


def _cut(filling: Spot, size: str) -> Change:
    """The sequence cut in the sum that fills it up; where that happens in place, the one use of it behind."""
    node, source, parents = filling.node, filling.source, filling.source.parents
    if isinstance(node, ast.Call):
        return replaced(filling, node, f"{filling.text}[:{size}]")
    sum_ = parents.get(node)
    if isinstance(sum_, ast.BinOp) and isinstance(sum_.op, ast.Add):
        text = source.text(sum_.left)
        text = f"({text})" if isinstance(sum_.left, ast.BinOp | ast.IfExp) else text
        return replaced(filling, sum_.left, f"{text}[:{size}]", least=sum_)
    filled = sum_.target if isinstance(sum_, ast.AugAssign) else getattr(getattr(sum_, "func", None), "value", node)
    last = source.statement_of(node)
    end = getattr(last, "end_lineno", None) or 0
    uses = [n for n in within(source.scope_of(node)) if isinstance(n, ast.Name) and n.id == source.text(filled)
            and n.lineno > end]  # fmt: skip
    if len(uses) == 1:
        return replaced(filling.at(uses[0], ()), uses[0], f"{uses[0].id}[:{size}]", least=parents.get(uses[0]))
    return at_line(filling, note("behind it: {code}", code=f"del {source.text(filled)}[{size}:]"), last, end=True)


def padding_not_given(case: Case, found: Collation) -> Iterator[Mended]:
    """A function that pads is there, but this loader was not given it."""
    loader = found.loader
    if loader is None or not isinstance(loader.node, ast.Call) or keyword_of(loader.node, "collate_fn") is not None:
        return
    given = {call_name(k) or "" for spot in calls_of(case.flow, LOADERS) if isinstance(spot.node, ast.Call)
             and (k := keyword_of(spot.node, "collate_fn")) is not None}  # fmt: skip
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.FunctionDef) or len(node.args.args) != 1:
                continue
            pads = any(isinstance(n, ast.Call) and call_name(n) in PADDING for n in ast.walk(node))
            if node.name in given or ((pads or "collate" in node.name) and node.args.args[0].arg != "self"):
                text = loader.text
                change = replaced(
                    loader, loader.node, f"{text[:-1].rstrip().removesuffix(',')}, collate_fn={node.name})"
                )
                if loader.node.lineno != loader.node.end_lineno:
                    change = at_line(loader, f"collate_fn={node.name}")
                yield "TW620", change, note("{name} at line {line} pads, but this loader doesn't get it as its collate_fn",
                                            name=node.name, line=node.lineno)  # fmt: skip
                return


def cut_but_not_padded(case: Case, found: Collation) -> Iterator[Mended]:
    """`tokens[: max_len]` makes the long ones shorter, and leaves the short ones as they are."""
    part = found.part_spot
    spot = search_back(case.flow, part, _cuts) if part is not None else None
    if spot is None or not isinstance(spot.node, ast.Subscript) or not isinstance(spot.node.slice, ast.Slice):
        return
    scope, end = spot.source.scope_of(spot.node), spot.node.slice.upper
    if end is None or any(isinstance(n, ast.Call) and call_name(n) in PADDING for n in ast.walk(scope)):
        return
    size, text = spot.source.text(end), spot.source.text(spot.node)
    change = at_line(spot, f"F.pad({text}, (0, {size} - len({text})))")
    yield "TW620", change, note("{code} cuts the long ones and leaves the short ones short", code=text)


def _cuts(spot: Spot) -> bool:
    """Whether an expression cuts to a greatest length."""
    node = spot.node
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice) or node.slice.lower is not None:
        return False
    return isinstance(node.slice.upper, ast.Name | ast.Attribute) and bool(
        LENGTHS.search(ast.unparse(node.slice.upper))
    )
