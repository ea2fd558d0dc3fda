"""A file that is to be read or written isn't there: which one was meant, and where its name was put together."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.saved import is_load, last_name
from torchwise.doctor.past.writing import before
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

MOST_FILES = 300


def load_frame(case: Case) -> Frame | None:
    """Torch's frame of torch.load."""
    return next(
        (f for f in case.inner if f.function == "load" and f.code.co_filename.endswith("serialization.py")), None
    )


def load_spot(case: Case) -> Spot | None:
    """The user's call that reads the file."""
    node = case.frame.node if case.frame is not None else None
    return case.spot(node) if isinstance(node, ast.Call) else None


def path_spot(call: Spot) -> Spot | None:
    """The expression of the path in a call of torch.load."""
    assert isinstance(call.node, ast.Call), "loads are calls"
    given = keyword_of(call.node, "f") or next(iter(call.node.args), None)
    if given is None and isinstance(call.node.func, ast.Attribute):
        given = call.node.func.value
    return call.at(given, ()) if given is not None else None


def file_is_missing(case: Case) -> Iterator[Finding]:
    """TW808: there is no such file; the nearest one there is."""
    call = load_spot(case)
    if not isinstance(case.error, FileNotFoundError | IsADirectoryError) or call is None:
        return
    if load_frame(case) is None and not (is_load(call.node) or _is_weights(case.error.filename)):
        return
    path = Path(str(case.error.filename or ""))
    if case.passed("_save", "save") is not None:
        return
    if isinstance(case.error, IsADirectoryError):
        what = note("{path} is a folder, not a file", path=str(path))
        fix: Words = note("the path of a file in it: {files}", files=", ".join(_names_in(path)[:4]))
        yield case.finding("TW808", what, why=note("torch.load reads one file"), fix=fix, mend=path_spot(call))
        return
    what = note("there is no file {name} ({path})", name=path.name, path=str(path))
    near = _nearest_file(path)
    why = _where_instead(path, near)
    given = path_spot(call)
    change = _path_changed(case, given, path, near) if given is not None else None
    if change is not None:
        yield case.finding("TW808", what, why=why, fix=change.text, mend=change.mend)
        return
    fix = note("the path of a file that is there")
    yield case.finding("TW808", what, why=why, fix=repr(str(near)) if near else fix, mend=given or call, sure=False)


def _is_weights(name: Any) -> bool:
    return str(name).endswith((".pt", ".pth", ".ckpt", ".safetensors", ".bin", ".tar"))


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder))[:MOST_FILES]
    except OSError:
        return []


def _nearest_file(path: Path) -> Path | None:
    """The file that was meant, as far as names tell: of the same name elsewhere, or of a like name in the folder."""
    if "/" not in str(path.parent) and not path.parent.is_dir() and path.name in _names_in(Path()):
        return Path(path.name)
    beside = [name for name in _names_in(path.parent) if (path.parent / name).is_file()]
    words = sorted(re.split(r"[\W_]+", path.name.lower()))
    turned = next((name for name in beside if sorted(re.split(r"[\W_]+", name.lower())) == words), None)
    like = turned or nearest(path.name, [name for name in beside if Path(name).suffix == path.suffix] or beside, 0.5)
    elsewhere = _found_below(Path(), path.name)
    if elsewhere is not None:
        return elsewhere
    return path.parent / like if like else None


def _found_below(folder: Path, name: str) -> Path | None:
    """A file of this name in the folder or two below it."""
    level = [folder]
    for _ in range(3):
        below = []
        for place in level[:40]:
            names = _names_in(place)
            if name in names and (place / name).is_file():
                return place / name
            below += [place / item for item in names if not item.startswith(".") and (place / item).is_dir()]
        level = below
    return None


def _where_instead(path: Path, near: Path | None) -> Words:
    if near is not None:
        return note("the nearest one is {near}; the program runs in {folder}", near=str(near), folder=str(Path.cwd()))
    if not path.parent.is_dir():
        return note("the folder {parent} is missing; the program runs in {folder}", parent=str(path.parent),
                    folder=str(Path.cwd()))  # fmt: skip
    return note("the folder {parent} holds {files}", parent=str(path.parent),
                files=", ".join(_names_in(path.parent)[:4]) or "-")  # fmt: skip


def _path_changed(case: Case, given: Spot, path: Path, near: Path | None) -> Change | None:
    """The part of the path that was written wrongly: a name, a folder, or the number in it."""
    parts = list(_parts(case, given))
    if near is not None:
        for spot in parts:  # "model_best.pt", of which the nearest file has another text
            text = spot.node.value if isinstance(spot.node, ast.Constant) else None
            if isinstance(text, str) and text and path.name in (text, last_name(text)):
                new = text.removesuffix(path.name) + near.name if near.parent == path.parent else str(near)
                return rewritten(spot, spot.node, repr(new))
        old, new_number = _numbers(path.name, near.name)
        if old is not None:
            for spot in parts:
                changed = _number_changed(case, spot, old, new_number)
                if changed is not None:
                    return changed
        if near.name == path.name:
            for spot in parts:
                text = spot.node.value if isinstance(spot.node, ast.Constant) else None
                if isinstance(text, str) and text.strip("/") and str(path.parent).endswith(text.strip("/")):
                    return rewritten(spot, spot.node, repr(str(near.parent)))
    return None


def _parts(case: Case, given: Spot, depth: int = 0) -> Iterator[Spot]:
    """The parts that a path is put together from, those that stand last in it first."""
    made = case.flow.born(given)
    node = made.node
    inner: list[ast.expr] = []
    if isinstance(node, ast.BinOp):
        inner = [node.left, node.right]
    elif isinstance(node, ast.JoinedStr):
        inner = [item.value if isinstance(item, ast.FormattedValue) else item for item in node.values]
    elif isinstance(node, ast.Call) and call_name(node) in ("join", "Path", "format", "str", "joinpath", "with_suffix"):
        own = [node.func.value] if isinstance(node.func, ast.Attribute) and call_name(node) != "join" else []
        inner = [*own, *node.args]
    elif isinstance(node, ast.Tuple):
        inner = list(node.elts)
    if not inner or depth > 5:
        yield given if not isinstance(node, ast.Constant) or not isinstance(node.value, str) else made
        return
    for item in reversed(inner):
        yield from _parts(case, made.at(item, ()), depth + 1)


def _numbers(name: str, near: str) -> tuple[int | None, int]:
    """The number in which two names differ."""
    ours, theirs = re.findall(r"\d+", name), re.findall(r"\d+", near)
    if re.sub(r"\d+", "#", name) == re.sub(r"\d+", "#", near):
        for old, new in zip(ours, theirs, strict=True):
            if old != new:
                return int(old), int(new)
    return None, 0


def _number_changed(case: Case, spot: Spot, old: int, new: int) -> Change | None:
    """A number in the name, at the last step that concerns this file only."""
    steps = case.flow.trail(spot)
    values = [step.value() for step in steps]
    if old not in [value for value in values if type(value) is int]:
        return None
    best = steps[0]
    for step, value in zip(steps, values, strict=True):
        if type(value) is int and value == old:
            best = step
        if isinstance(step.node, ast.Name) and _is_shared(step):
            break
    text = best.text
    written = (
        repr(new) if isinstance(best.node, ast.Constant) else f"{text} {'-' if new < old else '+'} {abs(old - new)}"
    )
    return rewritten(best, best.node, written)


def _is_shared(step: Spot) -> bool:
    scope = step.source.scope_of(step.node)
    assert isinstance(step.node, ast.Name), "asked of names"
    return sum(isinstance(n, ast.Name) and n.id == step.node.id for n in ast.walk(scope)) > 1


def folder_is_missing(case: Case) -> Iterator[Finding]:
    """TW808: torch.save doesn't make folders."""
    frame = next(
        (f for f in case.inner if f.function == "save" and f.code.co_filename.endswith("serialization.py")), None
    )
    call = load_spot(case)
    if frame is None or call is None or not isinstance(case.error, RuntimeError | OSError):
        return
    path = frame.locals.get("f")
    if not isinstance(path, str | os.PathLike):
        return
    folder = Path(path).parent
    if folder.is_dir():
        return
    what = note("the folder {folder} is missing, so {path} can't be written", folder=str(folder), path=str(path))
    assert isinstance(call.node, ast.Call), "asked before"
    given = keyword_of(call.node, "f") or (call.node.args[1] if len(call.node.args) > 1 else None)
    text = (
        f"os.makedirs(os.path.dirname({ast.unparse(given)}), exist_ok=True)"
        if given is not None
        else "os.makedirs(...)"
    )
    change = before(call, text)
    yield case.finding("TW808", what, why=note("torch.save writes a file, it makes no folders"), fix=change.text,
                       mend=change.mend)  # fmt: skip


RULES = (file_is_missing, folder_is_missing)
