"""What no rule knows: the argument that the error speaks of, and the likeliest place where it went wrong."""

import ast
import re
from collections.abc import Iterator

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.objects.accused import Accused, accused, place_of, words_of
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.rules.distributions import extent
from torchwise.doctor.rules.fetching import fails_in_getter
from torchwise.doctor.rules.options import option_is_refused
from torchwise.doctor.said import Said
from torchwise.doctor.said.all import SAID
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import operands_of
from torchwise.doctor.values import dtype_name, shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import Text, note

MOST = 2  # codes that the text alone suggests
ABOUT_WORKERS = re.compile(r"Caught (?P<kind>\w+) in (?:DataLoader worker process|replica) (?P<number>\d+)")
OF_TORCH = ("torch", "numpy", "pandas", "PIL")


def unknown(case: Case) -> Iterator[Finding]:
    """TW000: the error in its own words; another code as a guess where an option or the error's wording suggests it."""
    item = accused(case)
    refused = list(option_is_refused(case, item))
    is_checked = item is not None and item.by == "check"
    ways = (fails_in_getter(case), refused if is_checked else (), _by_wording(case, item), refused)
    for way in ways:
        if suggested := list(way):
            yield from suggested
            return
    lines = [line for line in case.text.strip().splitlines() if line.strip()]
    said = f"{type(case.error).__name__}: {lines[0]}" if lines else type(case.error).__name__
    origin = place_of(case, item) if item is not None else _origin(case)
    why = _about(item, origin) if item is not None and origin is not None else _why(case, origin)
    yield case.finding("TW000", note("{error}", error=said), why=why, mend=origin, sure=False)


def _about(item: Accused, origin: Spot) -> Words:
    """Which argument the error speaks of, its values, and where they come from."""
    place = name_of_file(origin)
    code, value = words_of(item.spot), item.value
    if isinstance(value, Tensor) and value.numel() and value.device.type == "cpu" and not value.is_complex():
        return note(
            "{name} is {code}: {shape} {dtype}, values from {low} to {high}, from {place}", name=item.name or code, code=code,
            shape=shape_text(value.shape), dtype=dtype_name(value.dtype), place=place, **extent(value),
        )  # fmt: skip
    if isinstance(value, Tensor):
        return note("{name} is {code}: {shape} {dtype}, from {place}", name=item.name or code, code=code,
                    shape=shape_text(value.shape), dtype=dtype_name(value.dtype), place=place)  # fmt: skip
    return note("{name} is {code}, from {place}", name=item.name or code, code=code, place=place)


def _is_about_torch(case: Case) -> bool:
    """Whether torch raised it, or one of its things is among the operands: a plain bug of Python's is none of ours."""
    if any(f"/{name}/" in f.file.replace("\\", "/") for f in case.inner for name in OF_TORCH):
        return True
    operands = case.operation.operands if case.operation is not None else ()
    if case.operation is not None and case.operation.callee is getattr(torch, case.operation.name, Case):
        return True
    return any(type(operand.value).__module__.split(".")[0] in OF_TORCH for operand in operands)


def _by_wording(case: Case, item: Accused | None) -> Iterator[Finding]:
    """The codes whose patterns fit the error's text, as guesses."""
    if not _is_about_torch(case) and not ABOUT_WORKERS.search(case.text):
        return
    text = f"{type(case.error).__name__}: {case.text}"
    met: set[str] = set()
    for entry in SAID:
        if entry.code in met or len(met) >= MOST:
            continue
        if match := entry.search(text):
            met.add(entry.code)
            yield _guess(case, entry, match, item)


def _guess(case: Case, entry: Said, match: re.Match[str], item: Accused | None) -> Finding:
    groups = {name: value if value is not None else "?" for name, value in match.groupdict().items()}
    return case.finding(
        entry.code, _filled(entry.what, groups), why=_filled(entry.why, groups), fix=_filled(entry.fix, groups),
        mend=place_of(case, item) if item is not None else _origin(case), sure=False,
    )  # fmt: skip


def _filled(words: Words, groups: dict[str, str]) -> Words:
    """A note whose values are read from the text."""
    return Text(words.message, {**words.values, **groups}) if isinstance(words, Text) else words


def _origin(case: Case) -> Spot | None:
    """Where the operand that is likeliest at fault was made: the one that torch's things are not."""
    frame = case.frame
    if frame is None or frame.node is None:
        return None
    nodes = [node for node in operands_of(frame.node) if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)]
    spots = [case.spot(node) for node in nodes]
    for spot in sorted(spots, key=lambda item: _is_module(item)):
        born = case.flow.born(spot)
        is_made = isinstance(born.node, ast.Call | ast.BinOp | ast.Constant | ast.List | ast.Tuple | ast.Dict)
        if is_made and born.line != frame.line:
            return born
    return None


def _is_module(spot: Spot) -> bool:
    return type(spot.value()).__name__ == "module"


def _why(case: Case, origin: Spot | None) -> Words:
    """What more can be said: a name that is nearly the one that was not found, where an operand was made."""
    missing = re.search(
        r"name '(\w+)' is not defined|no attribute '(\w+)'|unexpected keyword argument '(\w+)'", case.text
    )
    if missing is not None and case.frame is not None:
        name = next(group for group in missing.groups() if group)
        owner = getattr(case.error, "obj", None)
        names = list(case.frame.locals) + list(case.frame.frame.f_globals)
        names = list(getattr(owner, "__dict__", {})) + dir(type(owner)) if owner is not None else names
        near = nearest(name, [item for item in names if not item.startswith("__")], 0.75)
        if near is not None:
            return note("{near} is there: was that meant?", near=near)
    if origin is not None:
        code = " ".join(origin.text.split())
        return note("{code} at {place} made what this line works on", code=code if len(code) < 60 else code[:57] + "...",
                    place=name_of_file(origin))  # fmt: skip
    return ""
