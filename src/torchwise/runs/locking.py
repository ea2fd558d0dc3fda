"""One process at a time may train in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from torchwise.errors import Problem
from torchwise.texts import tr

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from training in the folder; the lock goes with this process, however it ends.

    Raises Problem if another process holds it.
    """
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout as error:
        raise Problem(
            tr("another process is training in {folder}", folder=folder),
            fix=tr("wait until it has ended, or choose another folder"),
        ) from error
