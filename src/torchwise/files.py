"""Writing that never leaves half a file: a temporary name beside it, flushed, then renamed."""

import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torchwise.errors import Problem
from torchwise.texts import tr


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file in the same folder, then give it its name.

    Raises Problem if the folder cannot be written or the disk is full; the old file, if any, is then untouched.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        try:
            write(Path(temporary))
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_umask())  # mkstemp's 0600 is for secrets, not for results
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise fault_of(path, error) from error


def fault_of(path: Path, error: OSError) -> Problem:
    """The Problem for a file or folder that could not be written."""
    return Problem(
        tr("{path} could not be written", path=path),
        why=error.strerror or str(error),
        fix=tr("free some space, or choose a folder you may write to")
        if path.parent.is_dir()
        else tr("make the folder {folder} first", folder=path.parent),
    )


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system lets one."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON; NaN and infinity, which JSON has not, become null."""
    text = json.dumps(finite(value), ensure_ascii=False, indent=2) + "\n"
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises Problem if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(tr("{path} could not be read", path=path), why=error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Problem(
            tr("{path} is damaged", path=path), why=str(error), fix=tr("use another copy of the run, or train again")
        ) from error


def finite(value: Any) -> Any:
    """The value with every float that is not finite replaced by None."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
