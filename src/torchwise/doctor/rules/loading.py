"""A file can't be read: it is missing, empty, cut or something else, or of a device that this machine hasn't."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.saved import is_load, last_name, saves
from torchwise.doctor.past.writing import before, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

MOST_FILES = 300
KINDS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "git-lfs"), (b"<!DOCTYPE", "html"), (b"<html", "html"), (b"\x93NUMPY", "numpy"),
    (b"\x89HDF", "hdf5"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"{", "json"), (b"\x80", "pickle"),
    (b"PK", "zip"),
)  # fmt: skip


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
        yield case.finding("TW808", what, why=note("torch.load reads one file"), mend=path_spot(call),
                           fix=note("the path of a file in it: {files}", files=", ".join(_names_in(path)[:4])))  # fmt: skip
        return
    what = note("there is no file {name} ({path})", name=path.name, path=str(path))
    near = _nearest_file(path)
    why = _where_instead(path, near)
    given = path_spot(call)
    change = _path_changed(case, given, path, near) if given is not None else None
    if change is not None:
        yield case.finding("TW808", what, why=why, fix=change.text, mend=change.mend)
        return
    fix: Words = note("the path of a file that is there")
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
    like = nearest(path.name, [name for name in beside if Path(name).suffix == path.suffix] or beside, 0.5)
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
        return note(
            "the nearest one is {near}; the program runs in {folder}", near=str(near), folder=str(Path().absolute())
        )
    if not path.parent.is_dir():
        return note("the folder {parent} is missing; the program runs in {folder}", parent=str(path.parent),
                    folder=str(Path().absolute()))  # fmt: skip
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


def file_is_broken(case: Case) -> Iterator[Finding]:
    """TW808: the file is empty, cut, or not a checkpoint; a buffer is read from its end."""
    frame, call = load_frame(case), load_spot(case)
    if frame is None or call is None or ("Weights only load failed" in case.text and not _is_odd(frame)):
        return
    if isinstance(case.error, FileNotFoundError | IsADirectoryError | AttributeError | ModuleNotFoundError):
        return
    if not isinstance(case.error, EOFError) and not re.search(
        r"PytorchStreamReader|invalid load key|central directory|not a (?:ZIP|zip)|corrupt|truncated|Invalid magic|unpickling|Weights only|persistent",
        case.text,
    ):
        return
    given = frame.locals.get("f")
    buffer = _buffer_of(frame, given)
    if buffer is not None:
        yield from _at_end(case, call, buffer)
        return
    path = Path(given) if isinstance(given, str | os.PathLike) else Path(str(getattr(given, "name", "")))
    if not path.is_file():
        return
    size, kind = path.stat().st_size, _kind_of(path)
    yield _broken(case, call, path, size, kind)


def _is_odd(frame: Frame) -> bool:
    """Whether a file is none of torch's, whatever the error says."""
    given = frame.locals.get("f")
    path = given if isinstance(given, str | os.PathLike) else None
    return path is not None and os.path.isfile(path) and _kind_of(Path(path)) not in ("zip", "pickle")


def _buffer_of(frame: Frame, given: Any) -> Any:
    return given if type(given).__name__ in ("BytesIO", "SpooledTemporaryFile", "_TemporaryFileWrapper") else None


def _at_end(case: Case, call: Spot, buffer: Any) -> Iterator[Finding]:
    what = note("there is nothing to read behind the buffer's position: it stands at its end")
    if type(buffer).__name__ == "BytesIO" and not buffer.getbuffer().nbytes:
        what = note("the buffer is empty: 0 bytes")
    given = path_spot(call)
    text = given.text if given is not None else "buffer"
    change = before(call, f"{text}.seek(0)")
    why = note("torch.save leaves the position behind what it wrote; torch.load reads from the position on")
    yield case.finding("TW808", what, why=why, fix=change.text, mend=change.mend)


def _kind_of(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            head = file.read(64)
    except OSError:
        return ""
    if head[8:9] == b"{" and len(head) > 9:
        return "safetensors"
    found = next((kind for start, kind in KINDS if head.lstrip(b"\xef\xbb\xbf \n").startswith(start)), "")
    return found or ("text" if head and all(9 <= byte < 127 for byte in head) else "")


def _broken(case: Case, call: Spot, path: Path, size: int, kind: str) -> Finding:
    """What the file is instead of a checkpoint, and what to do."""
    given = path_spot(call) or call
    text = given.text
    name = path.name
    if not size:
        what: Words = note("{name} is empty: 0 bytes", name=name)
        why: Words = note("it was opened for writing, and nothing was written or the program ended before")
        fix: Words = note("write it again with torch.save(model.state_dict(), {path})", path=text)
    elif kind == "safetensors":
        what = note("{name} is a safetensors file, which torch.load doesn't read", name=name)
        why, fix = note("it has its own format"), f"safetensors.torch.load_file({text})"
    elif kind == "numpy":
        what, why = (
            note("{name} is a NumPy array, not a checkpoint", name=name),
            note("torch.load reads what torch.save wrote"),
        )
        fix = f"torch.from_numpy(np.load({text}))"
    elif kind == "json":
        what, why = note("{name} is JSON, not a checkpoint", name=name), note("torch.load reads what torch.save wrote")
        fix = f"json.load(open({text}))"
    elif kind == "git-lfs":
        what = note("{name} is a pointer of git-lfs ({size} bytes), not the file itself", name=name, size=size)
        why, fix = note("the repository was cloned without its large files"), "git lfs pull"
    elif kind in ("html", "text"):
        what = note("{name} is text ({size} bytes), not a checkpoint", name=name, size=size)
        why, fix = note("torch.load reads what torch.save wrote"), note("download or write {name} again", name=name)
    else:
        what = note("{name} is cut or broken: {size} bytes can't be read", name=name, size=size)
        why = note("a file of torch.save is a ZIP archive whose table stands at its end; this one has none")
        fix = note("write {name} again, first under another name, then os.replace", name=name)
    written = _writer(case, path)
    place = written if written is not None and not isinstance(fix, str) else given
    if isinstance(fix, str) and fix != "git lfs pull":
        change = rewritten(call, call.node, fix)
        return case.finding("TW808", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW808", what, why=why, fix=fix, mend=place, sure=False)


def _writer(case: Case, path: Path) -> Spot | None:
    """The call of the program that wrote the file, if it names it."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            is_open = isinstance(node, ast.Call) and call_name(node) in ("open", "write_bytes", "write_text")
            if is_open and isinstance(node, ast.Call):
                modes = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                if call_name(node) != "open" or any(re.fullmatch(r"[wax]b?\+?", mode) for mode in modes):
                    return Spot(source, node)
    found = saves(case)
    return found[0] if found else None


def device_is_missing(case: Case) -> Iterator[Finding]:
    """TW805: the file's tensors are of a device that this machine hasn't."""
    call = load_spot(case)
    if load_frame(case) is None or call is None or not isinstance(case.error, RuntimeError | AssertionError):
        return
    found = re.search(r"deserialize object on (?:a )?(?P<device>\w+)(?: device)?(?: (?P<index>\d+))?", case.text)
    if found is None and not re.search(
        r"CUDA.*(?:not available|not compiled|no NVIDIA)|torch\.cuda\.is_available", case.text
    ):
        return
    device = (found["device"] if found else "CUDA").upper()
    has = torch.cuda.device_count()
    what = note("the file's tensors are on {device}, which this machine hasn't", device=device)
    if found and found["index"] is not None and device == "CUDA":
        what = note(
            "the file's tensors are on cuda:{index}, this machine has {count} GPUs", index=found["index"], count=has
        )
    assert isinstance(call.node, ast.Call), "loads are calls"
    given = keyword_of(call.node, "map_location")
    change = with_keyword(call, "map_location", '"cpu"')
    if isinstance(given, ast.Name | ast.Attribute):
        born = case.flow.born(call.at(given, ()))
        if isinstance(born.node, ast.Constant):
            change = rewritten(born, born.node, '"cpu"')
    why = note("without map_location torch.load puts each tensor where it was when it was saved")
    yield case.finding("TW805", what, why=why, fix=change.text, mend=change.mend)


def class_is_missing(case: Case) -> Iterator[Finding]:
    """TW809: the file holds an object whose class can't be found where it was."""
    call = load_spot(case)
    if call is None or not isinstance(case.error, AttributeError | ModuleNotFoundError | ImportError):
        return
    if load_frame(case) is None and not (call_name(call.node) in ("load", "loads") and "pickle" in call.text):
        return
    found = re.search(r"get attribute '(?P<name>[\w.]+)' on <module '(?P<module>[\w.]+)'", case.text)
    name, module = (found["name"], found["module"]) if found else ("", "")
    if isinstance(case.error, ModuleNotFoundError):
        module = case.error.name or ""
    if not module:
        return
    why = note(
        "a pickled object keeps only the name of its class; the class must be there under this name when it is read"
    )
    what: Words = note(
        "the file needs the class {name} of the module {module}, which has none", name=name, module=module
    )
    if not name:
        what = note("the file holds an object of a class of the module {module}, which isn't there", module=module)
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and name and nearest(name, [node.name], 0.6) and node.name != name:
                mend = Mend(file=source.file, line=node.lineno, old=f"class {node.name}", new=f"class {name}")
                yield case.finding("TW809", what, why=why, fix=f"class {name}", mend=mend)
                break
    saved = [item for item in saves(case) if "state_dict" not in item.text]
    fix = note("save only model.state_dict(), and build the model in code before load_state_dict")
    if saved:
        yield case.finding("TW809", what, why=why, fix=fix, mend=saved[0], sure=False)
    line = f"from ... import {name}" if name and module == "__main__" else f'sys.modules["{module}"] = ...'
    change = before(call, line)
    yield case.finding("TW809", what, why=why, fix=change.text, mend=call, sure=False)


RULES = (file_is_missing, folder_is_missing, file_is_broken, device_is_missing, class_is_missing)
