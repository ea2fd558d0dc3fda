"""The argument that an error speaks of, told without knowing the error: by names, by the check that failed, by numbers."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.checked import function_at, refused_by, words_taken
from torchwise.doctor.objects.signatures import keyword_spot
from torchwise.doctor.spots import Spot

QUOTED = re.compile(r"[`'\"](\w+)[`'\"]")
TYPES = re.compile(r"'(\w+)' object|got:? (?:<class ')?(\w+)(?:'>)?$|of type (\w+)|types? \W*(?:class \W*)?(\w+)")
NUMBERS = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
SIGNATURE = re.compile(r"^\s*(?:\w+\.)*(\w+)\(([^)]*)\)")
SMALL = 4096  # values of an integer tensor are looked through up to here


@dataclass(frozen=True, kw_only=True, eq=False)
class Accused:
    """An argument that was refused.

    function: what refused it. name: the parameter. value: what it was. spot: its expression in the user's line, or in
    the call that built the layer. takes: the words that it may be, as far as the check says. by: what told it. is_alone:
    whether the check looked at no other argument of the call. is_missing: the call doesn't give it; the spot is the call.
    """

    function: str
    name: str
    value: Any
    spot: Spot
    by: Literal["check", "word", "number"]
    is_alone: bool = False
    is_missing: bool = False
    takes: tuple[str, ...] = ()

    @property
    def is_option(self) -> bool:
        """Whether it is a plain value (or some of them), no tensor and no object."""
        if self.value is None and not isinstance(self.spot.node, ast.Constant | ast.Name | ast.Attribute):
            return self.is_missing  # else it couldn't be computed again
        items = self.value if isinstance(self.value, list | tuple) else [self.value]
        return all(item is None or isinstance(item, str | bool | int | float) for item in items)


@dataclass(frozen=True, eq=False)
class _Given:
    """An argument of the user's call, with the names that torch's functions have for it."""

    names: tuple[str, ...]
    value: Any
    spot: Spot


def accused(case: Case) -> Accused | None:
    """The argument of the user's line (or of the layer that failed there) that the error is about."""
    node = case.frame.node if case.frame is not None else None
    if case.operation is None or not isinstance(node, ast.Call) or (case.inner and case.inner[-1].is_user):
        return None
    text = case.text.partition("\n")[0].rpartition("): ")[2]  # behind what echoes the call, stft(..., n_fft=256)
    given = [*_given(case), *_built_with(case)]
    function = function_at(case.frames[-1]) if case.inner else None
    refused = sorted(refused_by(case.frames[-1], function), key=lambda item: _rank(item[0], item[1], text))
    checked = [name for name, _ in refused]
    by: Literal["check", "word", "number"] = "check"
    found = _named(given, QUOTED.findall(text)) or _checked(given, refused)
    if found is None and (missing := _missing(case, refused)):
        return Accused(
            function=_function(case), name=missing, value=None, spot=case.spot(node), by="check", is_missing=True
        )
    if found is None:
        by, words = "word", re.findall(r"\w+", text)
        found = _named(given, words) or _of_type(given, text)
    if found is None:
        tensors = [item for item in given if isinstance(item.value, Tensor)]
        by, found = "number", _numbered(given, text) or (tensors[0] if len(tensors) == 1 else None)
    if found is None:
        return None
    told = {*re.findall(r"\w+", text), *checked} & set(found.names)
    name = next((item for item in found.names if item in told), found.names[0] if found.names else "")
    is_alone = sum(bool(set(item.names) & set(checked)) for item in given) == 1
    return Accused(function=_function(case), name=name, value=found.value, spot=found.spot, by=by, is_alone=is_alone,
                   takes=words_taken(case.text, function, refused))  # fmt: skip


def _rank(name: str, value: Any, text: str) -> tuple[bool, bool, int]:
    """Those whose word the error quotes first, then those that it names, in its order."""
    place = text.lower().find(name.lower())
    return not (isinstance(value, str) and value in text), place < 0, place


def _function(case: Case) -> str:
    """What was called, by the name that a reader knows."""
    if case.layer is not None:
        return type(case.layer).__name__
    return case.operation.name if case.operation is not None else ""


def _given(case: Case) -> Iterator[_Given]:
    """The arguments of the user's call."""
    assert case.operation is not None, "asked before"
    documented = _documented(case.operation.callee, case.operation.name)
    place = 0
    for index, operand in enumerate(case.operation.operands):
        if operand.node is None:
            continue
        names = [operand.keyword] if operand.keyword else []
        is_before = case.operation.is_method and index == 0
        if not operand.keyword and not is_before:
            names += documented[place : place + 1]
            place += 1
        names += (
            ["input", "self"]
            if is_before
            else [name for name in _names_below(case, operand.value) if name not in names]
        )
        yield _Given(tuple(names), operand.value, case.spot(operand.node))


def _documented(function: Any, name: str) -> list[str]:
    """The parameters of a function, by its signature or by the first line of its documentation."""
    try:
        taken = [n for n in inspect.signature(function).parameters if n not in ("self", "args", "kwargs")]
    except (TypeError, ValueError):
        taken = []
    found = SIGNATURE.match(getattr(function, "__doc__", None) or "")
    if not taken and found is not None and found[1] == name:
        taken = [item.partition("=")[0].strip(" *") for item in found[2].split(",")]
    return [item for item in taken if item.isidentifier()]


def is_of_torch(frame: Frame) -> bool:
    """Whether a frame is one of torch's own functions."""
    return str(frame.frame.f_globals.get("__name__", "")).partition(".")[0] in ("torch", "torchvision")


def _names_below(case: Case, value: Any) -> Iterator[str]:
    """The parameters of torch's functions that hold this very value, from the user's line inwards."""
    if value is None or isinstance(value, bool):
        return
    for frame in case.inner:
        held = [name for name, other in frame.arguments().items() if other is value] if is_of_torch(frame) else []
        if len(held) == 1 and held[0] not in ("self", "args", "kwargs"):  # equal numbers are often one object
            yield held[0]


def _built_with(case: Case) -> Iterator[_Given]:
    """The arguments with which the failing layer was built, where its call of today has another cause."""
    layer = case.layer
    site = case.site_of(layer) if layer is not None else None
    if layer is None or site is None or not isinstance(site.node, ast.Call):
        return
    for name in inspect.signature(type(layer).__init__).parameters:
        spot = case.layers.argument(site, layer, name) or _spread(case, site, name)
        if spot is not None and hasattr(layer, name):
            yield _Given((name,), getattr(layer, name), spot)


def _spread(case: Case, site: Spot, name: str) -> Spot | None:
    """An option of a layer that comes out of a dictionary: Loss(**settings)."""
    found = keyword_spot(case.flow, site, name)
    return found[0] if found is not None else None


def _named(given: list[_Given], names: list[str]) -> _Given | None:
    """The argument whose parameter is named first."""
    for name in names:
        for item in given:
            if name in item.names:
                return item
    return None


def _checked(given: list[_Given], refused: list[tuple[str, Any]]) -> _Given | None:
    """The argument that was checked: by its name, or since it is the very value under another name."""
    for name, value in refused:
        is_telling = value is not None and not isinstance(value, bool | int | float | str)
        for item in given:
            if name in item.names or (is_telling and item.value is value):
                return item
    return None


def _missing(case: Case, refused: list[tuple[str, Any]]) -> str:
    """The parameters that were checked and are None, for the call gives none of them: "size, scale_factor"."""
    assert case.operation is not None, "asked before"
    documented = _documented(case.operation.callee, case.operation.name)
    names = dict.fromkeys(name for name, value in refused if value is None and name in documented)
    return ", ".join(names) if all(value is None for name, value in refused if name in documented) else ""


def _of_type(given: list[_Given], text: str) -> _Given | None:
    """The only argument of the type that the error names."""
    found = TYPES.search(text)
    kind = next((group for group in found.groups() if group), "") if found is not None else ""
    same = [item for item in given if type(item.value).__name__ == kind]
    return same[0] if len(same) == 1 else None


def _numbered(given: list[_Given], text: str) -> _Given | None:
    """The only argument that holds a number of the error; the number that was given stands last in most of them."""
    for number in reversed(NUMBERS.findall(text)):
        held = [item for item in given if float(number) in _numbers(item.value)]
        if len(held) == 1:
            return held[0]
    return None


def _numbers(value: Any) -> set[float]:
    """The numbers in an argument: a number, those of a list, the values of a small integer tensor, else its shape."""
    if isinstance(value, bool) or value is None or isinstance(value, nn.Module):
        return set()
    if isinstance(value, int | float):
        return {float(value)}
    if isinstance(value, list | tuple):
        return {number for item in value[:SMALL] for number in _numbers(item)}
    if isinstance(value, Tensor):
        is_counts = not value.dtype.is_floating_point and not value.dtype.is_complex and value.device.type != "meta"
        inside = set(value.flatten().double().tolist()) if is_counts and value.numel() <= SMALL else set()
        return inside | {float(size) for size in value.shape}
    return set()


def place_of(case: Case, item: Accused) -> Spot:
    """The line to change for a refused argument: where its value was made, given another name, or passed on wrongly."""
    if item.is_missing:
        return item.spot
    trail = case.flow.trail(item.spot)
    born = trail[-1]
    if item.is_option:
        is_shared = isinstance(born.node, ast.Constant) and case.layers.is_shared(born, item.spot)
        return item.spot if is_shared or born.source.statement_of(born.node) is None else born
    renamed = next((step for step in trail[1:] if _renames(step)), None)
    return renamed or born


def _renames(spot: Spot) -> bool:
    """Whether an expression is another variable, taken over under a new name: out_lengths = lengths."""
    statement = spot.source.statement_of(spot.node)
    is_whole = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    return is_whole and isinstance(spot.node, ast.Name) and getattr(statement, "value", None) is spot.node


def words_of(spot: Spot) -> str:
    """The code of an expression on one line, cut where it is long."""
    code = " ".join(spot.text.split())
    return code if len(code) < 60 else code[:57] + "..."
