"""A file that torch.load can't read: empty, cut, something else than a checkpoint, or a buffer read from its end."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import rewritten
from torchwise.doctor.objects.saved import saves
from torchwise.doctor.past.writing import before
from torchwise.doctor.rules.loading import load_frame, load_spot, path_spot
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

BROKEN = re.compile(
    r"PytorchStreamReader|invalid load key|central directory|not a (?:ZIP|zip)|corrupt|truncated|Invalid magic"
    r"|unpickling|Weights only|persistent"
)
KINDS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "git-lfs"), (b"<!DOCTYPE", "html"), (b"<html", "html"), (b"\x93NUMPY", "numpy"),
    (b"\x89HDF", "hdf5"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"{", "json"), (b"\x80", "pickle"),
    (b"PK", "zip"),
)  # fmt: skip


def file_is_broken(case: Case) -> Iterator[Finding]:
    """TW808: the file is empty, cut, or not a checkpoint; a buffer is read from its end."""
    frame, call = load_frame(case), load_spot(case)
    if frame is None or call is None or ("Weights only load failed" in case.text and not _is_odd(frame)):
        return
    if isinstance(case.error, FileNotFoundError | IsADirectoryError | AttributeError | ModuleNotFoundError):
        return
    if not isinstance(case.error, EOFError) and not BROKEN.search(case.text):
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
    what, why, fix = _described(path.name, size, kind, given.text)
    written = _writer(case, path)
    place = written if written is not None and not isinstance(fix, str) else given
    if isinstance(fix, str) and fix != "git lfs pull":
        change = rewritten(call, call.node, fix)
        return case.finding("TW808", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW808", what, why=why, fix=fix, mend=place, sure=False)


def _described(name: str, size: int, kind: str, code: str) -> tuple[Words, Words, Words]:
    """What the file is, why it can't be read, what to do."""
    reads = note("torch.load reads what torch.save wrote")
    if not size:
        return (note("{name} is empty: 0 bytes", name=name),
                note("it was opened for writing, and nothing was written or the program ended before"),
                note("write it again with torch.save(model.state_dict(), {path})", path=code))  # fmt: skip
    if kind == "safetensors":
        what = note("{name} is a safetensors file, which torch.load doesn't read", name=name)
        return what, reads, f"safetensors.torch.load_file({code})"
    if kind == "numpy":
        return note("{name} is a NumPy array, not a checkpoint", name=name), reads, f"torch.from_numpy(np.load({code}))"
    if kind == "json":
        return note("{name} is JSON, not a checkpoint", name=name), reads, f"json.load(open({code}))"
    if kind == "git-lfs":
        what = note("{name} is a pointer of git-lfs ({size} bytes), not the file itself", name=name, size=size)
        return what, note("the repository was cloned without its large files"), "git lfs pull"
    if kind in ("html", "text"):
        what = note("{name} is text ({size} bytes), not a checkpoint", name=name, size=size)
        return what, reads, note("download or write {name} again", name=name)
    return (note("{name} is cut or broken: {size} bytes can't be read", name=name, size=size),
            note("a file of torch.save is a ZIP archive whose table stands at its end; this one has none"),
            note("write {name} again, first under another name, then os.replace", name=name))  # fmt: skip


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


RULES = (file_is_broken,)
