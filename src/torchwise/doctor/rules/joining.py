"""cat and stack of tensors whose shapes don't fit."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operation
from torchwise.doctor.remedies.joined import Joining, appended, candidates, first_difference, is_collating
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.called import along_dim
from torchwise.doctor.tracing.edits import Edit
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import ranked_findings
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Seen, Words
from torchwise.texts import note

UNEQUAL = re.compile(r"equal size, but got (\[[\d, ]*\]) at entry (\d+) and (\[[\d, ]*\]) at entry (\d+)")
CATS = {"cat", "concat", "concatenate", "hstack", "vstack"}


def joined_shapes_dont_fit(case: Case) -> Iterator[Finding]:
    """TW210: all sizes but the one along which is joined must be equal."""
    operation = case.operation
    if operation is None or operation.name not in CATS | {"stack"} or not isinstance(operation.node, ast.Call):
        return
    joining = joining_of(case, operation)
    if joining is None:
        yield from _not_a_list_of_tensors(case, operation)
        return
    if joining.fits(joining.shapes):
        return
    rank = len(joining.shapes[0])
    is_beyond = joining.name == "cat" and rank and len(set(joining.shapes)) == 1 and not -rank <= joining.dim < rank
    code = "TW620" if is_collating(case) else "TW218" if is_beyond else "TW210"
    found, why = candidates(joining), _why(joining)
    yield from ranked_findings(case, code, _what(joining), why=why, candidates=found, seen=_seen(joining))


def joining_of(case: Case, operation: Operation) -> Joining | None:
    """The tensors that are joined; None where the first argument is no list of tensors."""
    assert isinstance(operation.node, ast.Call), "asked for calls"
    call = case.spot(operation.node)
    listed = keyword_of(operation.node, "tensors") or next(iter(operation.node.args), None)
    if listed is None:
        return None
    items = _items(case, call.at(listed, ()))
    if not items:
        return None
    rank = len(items[0].shape)
    name = "stack" if operation.name == "stack" else "cat"
    along = along_dim(sizes_of(case), call, operation.name, rank + (name == "stack"))
    given = keyword_of(operation.node, "dim") or keyword_of(operation.node, "axis")
    given = given or next(iter(operation.node.args[1:]), None)
    value = sizes_of(case).value(call.at(given, ())) if given is not None else along
    return Joining(case, call, name, tuple(items), value if isinstance(value, int) else along or 0)


def _items(case: Case, listed: Spot) -> list[Shaped]:
    """The tensors of a list, each with its own code where it is written out; no items if one is no tensor."""
    if isinstance(listed.node, ast.List | ast.Tuple):
        found: list[Shaped] = []
        for node in listed.node.elts:
            inner = _items(case, listed.at(node.value, ())) if isinstance(node, ast.Starred) else [at_node(case, node)]
            if not inner or None in inner:
                return []
            found += [item for item in inner if item is not None]
        return found
    value = sizes_of(case).value(listed)
    if value is None and (said := UNEQUAL.search(case.text)) is not None:
        return _said_shapes(case, listed, said)
    if not isinstance(value, list | tuple) or not value or any(shape_of(item) is None for item in value):
        return []
    made = case.flow.born(listed)
    if isinstance(made.node, ast.List | ast.Tuple) and len(made.node.elts) == len(value):
        spots = [made.at(item, ()) for item in made.node.elts]
    else:
        spots = [appended(made, listed) or listed] * len(value)
    pairs = enumerate(zip(value, spots, strict=True))
    return [Shaped(f"{listed.text}[{i}]", spot, tuple(item.shape), item) for i, (item, spot) in pairs]


def _said_shapes(case: Case, listed: Spot, said: re.Match[str]) -> list[Shaped]:
    """Two of the tensors by their shapes in the error's text, where they can't be computed again."""
    made = case.flow.born(listed)
    spot = appended(made, listed) or listed
    return [
        Shaped(f"{listed.text}[{number}]", spot, tuple(int(size) for size in re.findall(r"\d+", shape)))
        for shape, number in ((said[1], said[2]), (said[3], said[4]))
    ]


def _what(joining: Joining) -> Words:
    shapes = list(dict.fromkeys(joining.shapes))
    shown = ", ".join(map(str, shapes[:4])) + (", ..." if len(shapes) > 4 else "")
    if joining.name == "stack":
        return note("stack gets tensors of different shapes: {shapes}", shapes=shown)
    if len({len(shape) for shape in shapes}) > 1:
        ranks = list(dict.fromkeys(len(shape) for shape in shapes))
        return note(
            "cat gets tensors with {one} and with {other} dimensions: {shapes}", one=ranks[0], other=ranks[1],
            shapes=shown,
        )  # fmt: skip
    return note("cat along dimension {dim} gets shapes that don't fit: {shapes}", dim=joining.dim, shapes=shown)


def _why(joining: Joining) -> Words:
    """The rule, the dimension that differs, and where its sizes come from."""
    if not joining.shapes[0]:
        return note("cat joins along a dimension that is there; stack makes a new one")
    if joining.name == "stack":
        rule = note("stack makes a new dimension and needs exactly equal shapes")
    else:
        rule = note("cat needs equal sizes in every dimension but {dim}", dim=joining.dim)
    place = first_difference(joining)
    if place is None:
        return rule
    one, other, dim = place
    sizes = sizes_of(joining.case)
    stories = [
        story(joining.case, sizes.origin(item.spot, dim, item.shape[dim]), item.text)
        for item in (joining.items[one], joining.items[other])
        if item.text[-1:] != "]"
    ]
    return sentences(rule, *stories)


def _seen(joining: Joining) -> tuple[Seen, ...]:
    """The tensors; of many alike the first, and those that differ."""
    shown: list[Shaped] = []
    for item in joining.items:
        if item.shape not in [other.shape for other in shown] or len(joining.items) <= 4:
            shown.append(item)
    return seen_of(*shown[:5])


def _not_a_list_of_tensors(case: Case, operation: Operation) -> Iterator[Finding]:
    """cat(a, b) without brackets, an empty list, a list of numbers."""
    assert isinstance(operation.node, ast.Call), "asked for calls"
    call = case.spot(operation.node)
    tensors = [item for item in operation.node.args if shape_of(sizes_of(case).value(call.at(item, ()))) is not None]
    listed = next(iter(operation.node.args), None)
    value = sizes_of(case).value(call.at(listed, ())) if listed is not None else None
    if len(tensors) > 1 and tensors[0] is listed:
        texts = [call.source.text(item) for item in tensors]
        rest = [call.source.text(item) for item in operation.node.args if item not in tensors]
        rest += [f"{item.arg}={call.source.text(item.value)}" for item in operation.node.keywords]
        arguments = ", ".join(["[" + ", ".join(texts) + "]", *rest])
        written = f"{call.source.text(operation.node.func)}({arguments})"
        edit = Edit(call, operation.node, written, 1.0)
        yield case.finding(
            "TW210", note("{name} gets the tensors one by one", name=operation.name),
            why=note("its first argument is a list or tuple of the tensors"), fix=written, mend=edit.change.mend,
        )  # fmt: skip
    elif isinstance(value, list | tuple) and not value:
        yield from _empty(case, operation, call.at(listed, ()) if listed is not None else call)
    elif isinstance(value, list | tuple) and not isinstance(value[0], Tensor):
        kind = type(value[0]).__name__
        written = f"torch.tensor({call.source.text(listed)})" if listed is not None else ""
        edit = Edit(call, operation.node, written, 1.0)
        yield case.finding(
            "TW210", note("{name} gets a list of {kind}, not of tensors", name=operation.name, kind=kind),
            why=note("{name} joins tensors that are there already", name=operation.name), fix=written,
            mend=edit.change.mend,
        )  # fmt: skip


def _empty(case: Case, operation: Operation, listed: Spot) -> Iterator[Finding]:
    """A list into which nothing was put."""
    made = case.flow.born(listed)
    put = appended(made, listed)
    yield case.finding(
        "TW210", note("{name} gets an empty list: {code} holds nothing", name=operation.name, code=listed.text),
        why=note("there is nothing to join, so neither a shape nor a dtype"),
        fix=note("put tensors into it first: the loop that fills it ran zero times, or appends to another list"),
        mend=put or made, sure=False,
    )  # fmt: skip


RULES = (joined_shapes_dont_fit,)
