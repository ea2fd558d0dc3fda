"""The script's surroundings while it is rehearsed: its files led aside, programs and the network refused."""

import multiprocessing.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torchwise.rehearsal.running.filing import WRITING, Files
from torchwise.rehearsal.running.kept import Notebook, Refused
from torchwise.rehearsal.running.overlay import Overlay
from torchwise.rehearsal.running.replacing import replacing
from torchwise.texts import tr

PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "pty.spawn"}
NETWORK = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.chmod",
           "os.chown", "os.utime"}  # fmt: skip


class Guard:
    """Python's own audit: it tells of every program, connection and change of a file, from C too.

    A hook can't be taken out again, so it stands in a process of its own, and can be told to rest.
    """

    def __init__(self, overlay: Overlay, notebook: Notebook) -> None:
        self.overlay, self.notebook = overlay, notebook
        self.is_on = True
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise Refused for what a rehearsal must not do."""
        if event == "open":
            if self.is_on and arguments[2] & WRITING and self._is_outside(arguments[0], of_folders=False):
                self._refuse("refused", str(arguments[0]), tr("check lets nothing be written there"))
        elif not self.is_on:
            return
        elif event in PROGRAMS:
            self._refuse("program", _command(event, arguments), tr("check starts no other programs"))
        elif event in NETWORK:
            if not _is_local(event, arguments):
                self._refuse("network", _address(event, arguments), tr("check does not use the network"))
        elif event in CHANGES and self._is_outside(arguments[1 if event == "os.rename" else 0]):
            self._refuse("refused", str(arguments[0]), tr("check lets nothing be changed there"))

    def starting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The way in which multiprocessing starts a fresh Python, in which nothing would be led aside."""

        def start(path: Any, words: Any, passed: Any) -> Any:
            if not any("resource_tracker" in os.fsdecode(word) for word in words):
                self._refuse("process", tr("one that begins afresh (spawn)"), tr("check starts only forked processes"))
            return original(path, words, passed)

        return start

    def _is_outside(self, path: Any, *, of_folders: bool = True) -> bool:
        """Whether a path is neither in the throw-away folder nor something that is no file; or folder."""
        found = self.overlay.path_of(path)
        return found is not None and (of_folders or not os.path.isdir(found))

    def _refuse(self, kind: str, what: str, why: str) -> None:
        self.notebook.add(kind, what)
        refused = Refused(f"{why}: {what}")
        refused.kind = kind
        raise refused


def _command(event: str, arguments: tuple[Any, ...]) -> str:
    """The words of a program to be started."""
    words = arguments[1] if event == "subprocess.Popen" else arguments[0]
    return " ".join(map(os.fsdecode, words)) if isinstance(words, list | tuple) else os.fsdecode(words)


def _is_local(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a socket is one between processes of this machine, such as those of DataLoader workers."""
    return event in ("socket.connect", "socket.bind", "socket.sendto") and not isinstance(arguments[1], tuple)


def _address(event: str, arguments: tuple[Any, ...]) -> str:
    """The host, and the port where it is known."""
    if event in ("socket.connect", "socket.bind", "socket.sendto"):
        return ":".join(map(str, arguments[1][:2]))
    return ":".join(str(part) for part in arguments[:2] if part)


@contextmanager
def sandboxed(root: str) -> Iterator[Notebook]:
    """Let nothing that the block does outlast it: all is led to the folder `root`, or refused, and noted."""
    overlay, notebook = Overlay(root), Notebook(os.path.join(root, "kept.jsonl"))
    sys.dont_write_bytecode = True
    guard = Guard(overlay, notebook)
    with replacing() as replacements:
        Files(overlay, notebook).install(replacements)
        replacements.put(multiprocessing.util, "spawnv_passfds", guard.starting(multiprocessing.util.spawnv_passfds))
        try:
            yield notebook
        finally:
            guard.is_on = False
