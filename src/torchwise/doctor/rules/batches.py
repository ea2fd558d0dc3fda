"""A batch is taken apart in another way than it was made."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.handed import OF_TENSORS, UNKNOWN, handed
from torchwise.doctor.objects.loading import (
    Loop,
    Structure,
    collate_of,
    is_loader,
    loop_behind,
    loop_of_iterable,
    structure_of,
    unwrapped,
)
from torchwise.doctor.objects.origins import nothing_of
from torchwise.doctor.rules.nothing import return_missing
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

UNPACKING = re.compile(r"(too many|not enough) values to unpack|cannot unpack non-iterable")


def batch_is_unpacked_wrongly(case: Case) -> Iterator[Finding]:
    """TW629: the names in the `for` (or the assignment) are not the parts of a batch."""
    frame = case.frame
    if not isinstance(case.error, ValueError | TypeError) or not UNPACKING.search(case.text) or case.inner:
        return
    if frame is None or frame.source is None or frame.node is None:
        return
    target, loop = _unpacking(case, frame.node)
    if target is None or loop is None:
        return
    if "NoneType" in case.text and (found := _collated_to_nothing(case, loop)) is not None:
        yield found
        return
    structure = structure_of(case.flow, loop.loader)
    names = [frame.source.text(item) for item in target.elts]
    outer = loop.target is target and loop.is_numbered
    what, why = _parts_text(names, structure, outer)
    fix = _loop_text(loop, names, structure, outer)
    yield case.finding("TW629", what, why=why, fix=fix, mend=_line_of(case, target))


def _collated_to_nothing(case: Case, loop: Loop) -> Finding | None:
    """The user's collate function ends without a value."""
    definition = collate_of(case.flow, loop.loader)
    origin = nothing_of(definition) if definition is not None else None
    if definition is None or origin is None or origin.kind != "no return":
        return None
    change, _ = return_missing(origin)
    target = case.frame.text if case.frame is not None and isinstance(case.frame.node, ast.Tuple) else ""
    fix = f"return {' '.join(target.split())}" if target else change.text
    what = note("{name} returns nothing, so the batch is None (NoneType)", name=definition.name)
    why = note("a function that ends without return gives None")
    return case.finding("TW621", what, why=why, fix=fix, mend=change.mend)


def _unpacking(case: Case, node: ast.AST) -> tuple[ast.Tuple | ast.List | None, Loop | None]:
    """The names that were to get the parts, and the loop that the batch is from."""
    assert case.frame is not None and case.frame.source is not None, "asked before"
    source, here = case.frame.source, node
    while not isinstance(here, ast.Tuple | ast.List) and here in source.parents:
        if isinstance(here, ast.For):
            here = here.target
            break
        if isinstance(here, ast.Assign):
            here = here.targets[0]
            break
        here = source.parents[here]
    target = here if isinstance(here, ast.Tuple | ast.List) else None
    statement: Any = target
    while statement is not None and not isinstance(statement, ast.For | ast.Assign | ast.comprehension):
        statement = source.parents.get(statement)
    if target is None or statement is None:
        return None, None
    if isinstance(statement, ast.Assign):
        return target, loop_behind(case.flow, case.spot(statement.value))
    spot = case.spot(statement.iter)
    return target, loop_of_iterable(case.flow, spot) or _numbered(case, spot, statement)


def _numbered(case: Case, spot: Spot, statement: ast.AST) -> Loop | None:
    loader, is_numbered = unwrapped(case.flow, spot)
    return Loop(statement, spot, loader, is_numbered) if is_loader(case.flow, loader) else None


def _line_of(case: Case, target: ast.AST) -> Spot:
    return case.spot(target)


def _parts_text(names: list[str], structure: Structure | None, outer: bool) -> tuple[Words, Words]:
    if outer:
        return (
            note("enumerate gives pairs (number, batch), which {count} names can't take", count=len(names)),
            note("the parts of the batch need brackets of their own"),
        )
    what = note("a batch is taken apart into {count} names: {names}", count=len(names), names=", ".join(names))
    if structure is None:
        return what, note("a batch has the parts of a sample")
    if structure.kind == "dict":
        keys = ", ".join(structure.keys)
        return what, note(
            "the batches are dictionaries (dict) with the keys {keys}; unpacking gives the keys", keys=keys
        )
    if structure.kind == "single":
        return what, note("a sample is one tensor, so a batch is one tensor, and unpacking takes its rows")
    parts = note("a sample has {count} parts", count=structure.count)
    if structure.made is not None:
        parts = note("a sample has {count} parts: {code}, at line {line}", count=structure.count,
                     code=" ".join(structure.made.text.split()), line=structure.made.line)  # fmt: skip
    return what, parts


def _loop_text(loop: Loop, names: list[str], structure: Structure | None, outer: bool) -> str:
    """The line as it should read."""
    iterable = loop.spot.text if not isinstance(loop.statement, ast.For) else loop.spot.source.text(loop.statement.iter)
    if outer:
        return f"for {names[0]}, ({', '.join(names[1:])}) in {iterable}:"
    if structure is None:
        return "for batch in loader: print(len(batch))"
    if structure.kind == "dict":
        used = list(structure.keys[: len(names)])
        left, right = ", ".join(names), ", ".join(f'batch["{key}"]' for key in used)
        return f"{left} = {right}"
    if structure.kind == "single":
        return f"for {names[0]} in {iterable}:" if isinstance(loop.statement, ast.For) else f"{names[0]} = batch"
    kept = [*names, *(["_"] * structure.count)][: structure.count]
    text = ", ".join(kept) if len(kept) > 1 else f"({kept[0]},)"
    if not isinstance(loop.statement, ast.For):
        return f"{text} = {'batch' if len(iterable) > 40 else iterable}"
    return f"for {text} in {iterable}:" if not loop.is_numbered else f"for i, ({', '.join(kept)}) in {iterable}:"


def batch_is_passed_on_whole(case: Case) -> Iterator[Finding]:
    """TW629: the keys of a batch, or the batch itself, where a tensor of it is needed."""
    given = handed(case)
    if given is None or given.spot is None or given.kind not in ("str", "list", "tuple", "dict"):
        return
    if given.attribute and given.attribute not in OF_TENSORS | {"keys", "items"}:
        return
    loop = loop_behind(case.flow, given.spot)
    if loop is None:
        return
    structure = structure_of(case.flow, loop.loader)
    iterable, code = _iterable(loop), " ".join(given.spot.text.split())
    consumer = given.consumer if not given.attribute else code
    if given.kind == "str":
        if structure is not None and structure.kind != "dict":
            return
        keys = structure.keys if structure is not None else ()
        what = note(
            "{consumer} gets a key (str) of the batch instead of a tensor: {code}", consumer=consumer, code=code
        )
        why = note("the batches are dictionaries, and going through a dictionary gives its keys")
        if keys:
            why = note("{why}: {keys}", why=why, keys=", ".join(keys))
        names = _names(loop)
        right = ", ".join(f'batch["{key}"]' for key in keys[: len(names)]) if keys else 'batch["..."]'
        fix = f"for batch in {iterable}: {', '.join(names)} = {right}"
        yield case.finding("TW629", what, why=why, fix=fix, mend=_mend(loop))
        return
    if _is_part(loop):
        return
    what = note(
        "{consumer} gets the whole batch, a {kind}, instead of a tensor: {code}",
        consumer=consumer,
        kind=given.kind,
        code=code,
    )
    count = structure.count if structure is not None and structure.kind == "parts" else _length(given.value)
    why = note("a batch of this loader is a {kind} of {count} parts", kind=given.kind, count=count or "?")
    if given.kind == "dict":
        keys = tuple(given.value) if isinstance(given.value, dict) else structure.keys if structure is not None else ()
        why = note("a batch of this loader is a dictionary with the keys {keys}", keys=", ".join(map(str, keys)))
        yield case.finding("TW629", what, why=why, fix=f'{code}["{keys[0] if keys else "..."}"]')
        return
    names = _names(loop)
    parts = f"({names[0]},)" if count == 1 else ", ".join([*names[:1], "labels", "_", "_"][: count or 2])
    parts = f"i, ({parts})" if loop.is_numbered and count != 1 else parts
    yield case.finding("TW629", what, why=why, fix=f"for {parts} in {iterable}:", mend=_mend(loop))


def _length(value: Any) -> int:
    return len(value) if value is not UNKNOWN and isinstance(value, list | tuple | dict) else 0


def _is_part(loop: Loop) -> bool:
    """Whether the loop has taken the batch apart already."""
    path = loop.path[1:] if loop.is_numbered else loop.path
    return bool(path)


def _iterable(loop: Loop) -> str:
    return loop.spot.source.text(loop.statement.iter) if isinstance(loop.statement, ast.For) else loop.loader.text


def _names(loop: Loop) -> list[str]:
    target = loop.target
    if isinstance(target, ast.Tuple | ast.List):
        found = [ast.unparse(item) for item in target.elts]
        return found[1:] if loop.is_numbered else found
    return [ast.unparse(target)] if target is not None else ["x"]


def _mend(loop: Loop) -> Spot:
    """The line of the `for`."""
    node = loop.statement
    return Spot(loop.spot.source, node if hasattr(node, "lineno") else loop.spot.node)


def batch_is_indexed_wrongly(case: Case) -> Iterator[Finding]:
    """TW629: a key that the batch hasn't, a key for a list, a number for a dictionary."""
    node = case.frame.node if case.frame is not None else None
    if (
        not isinstance(case.error, KeyError | TypeError | IndexError)
        or not isinstance(node, ast.Subscript)
        or case.inner
    ):
        return
    base = case.spot(node.value)
    value, key = base.value(), case.value(node.slice)
    loop = loop_behind(case.flow, base)
    if loop is None or not isinstance(value, dict | list | tuple) or _is_part(loop):
        return
    structure = structure_of(case.flow, loop.loader)
    code = " ".join(base.text.split())
    if isinstance(value, dict):
        keys = [str(k) for k in value]
        what = note("the batch has no key {key}", key=repr(key))
        why = note("its keys are {keys}", keys=", ".join(keys))
        near = nearest(str(key), keys, 0.5) or next(
            (k for k in keys if k.startswith(str(key)) or str(key).startswith(k)), None
        )
        change = replaced(base, node.slice, repr(near).replace("'", '"')) if near else None
        made = structure.made if structure is not None else None
        yield case.finding(
            "TW629", what, why=why, fix=f'{code}["{near}"]' if near else "", mend=change.mend if change else made
        )
        return
    if not isinstance(key, str) and not isinstance(case.error, IndexError):
        return
    what = note("the batch is a {kind} of {count} parts, not a dictionary with the key {key}", kind=type(value).__name__,
                count=len(value), key=repr(key))  # fmt: skip
    if isinstance(case.error, IndexError):
        what = note("the batch has {count} parts, no part {key}", count=len(value), key=repr(key))
    names = ", ".join(["x", "y", "z", "w"][: len(value)]) or "x"
    yield case.finding("TW629", what, why=note("a sample is a tuple, so a batch is a list of its parts"),
                       fix=f"{names} = {code}")  # fmt: skip


def batch_is_asked_for_a_part(case: Case) -> Iterator[Finding]:
    """TW629: `batch.image` of a dictionary, `batch.x` of a list."""
    owner = getattr(case.error, "obj", None) if isinstance(case.error, AttributeError) and not case.inner else None
    node = case.frame.node if case.frame is not None else None
    match = re.search(r"no attribute '(\w+)'", case.text)
    if not isinstance(owner, dict | list) or node is None or match is None or match[1] in OF_TENSORS:
        return
    use = next((n for n in ast.walk(node) if isinstance(n, ast.Attribute) and n.attr == match[1]), None)
    loop = loop_behind(case.flow, case.spot(use.value)) if use is not None else None
    if use is None or loop is None:
        return
    base, kind = ast.unparse(use.value), type(owner).__name__
    what = note("the batch is a {kind}, which has no .{attribute}", kind=kind, attribute=match[1])
    if isinstance(owner, list):
        yield case.finding(
            "TW629", what, why=note("it has {count} parts, by number", count=len(owner)), fix=f"{base}[0]"
        )
        return
    key = match[1] if match[1] in owner else nearest(match[1], map(str, owner), 0.5)
    change = replaced(case.spot(use), use, f'{base}["{key}"]', least=use)
    why = note("its parts are found by their keys: {keys}", keys=", ".join(map(str, owner)))
    yield case.finding("TW629", what, why=why, fix=change.text, mend=change.mend)


RULES = (batch_is_asked_for_a_part, batch_is_unpacked_wrongly, batch_is_passed_on_whole, batch_is_indexed_wrongly)
