"""What was kept from happening: noted in a file of the throw-away folder, which worker processes share."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from types import FrameType

from torchwise.doctor.source import is_user_file
from torchwise.texts import Text, note

KINDS = {
    "write": note("written to a throw-away folder"),
    "delete": note("deleted only in the throw-away folder"),
    "program": note("a program was not started"),
    "process": note("a process was not started"),
    "network": note("the network was not used"),
    "refused": note("not allowed"),
}


class Refused(PermissionError):
    """Something that a rehearsal must not do: start a program, use the network, write past the throw-away folder."""

    kind = ""  # one of KINDS


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One thing that did not happen, and the user's line that asked for it."""

    kind: str
    what: str
    file: str = ""
    line: int = 0

    @property
    def label(self) -> Text:
        """What was done instead."""
        return KINDS[self.kind]


class Notebook:
    """The things kept from happening, each noted once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._noted: set[tuple[str, str]] = set()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def add(self, kind: str, what: str) -> None:
        """Note one, if a line of the user's asked for it; not what a library does while it is imported."""
        if (kind, what) in self._noted:
            return
        self._noted.add((kind, what))
        if (site := _site()) is not None:
            kept = Kept(kind=kind, what=what, file=site[0], line=site[1])
            os.write(self._handle, (json.dumps(asdict(kept)) + "\n").encode())

    def read(self) -> list[Kept]:
        """All of them, those of worker processes too, in their order."""
        with open(self.path, encoding="utf-8") as file:
            return list(dict.fromkeys(Kept(**json.loads(line)) for line in file))


def _site() -> tuple[str, int] | None:
    """The user's line that this goes back to; None if there is none, or it is an import."""
    here: FrameType | None = sys._getframe(2)
    while here is not None:
        file = here.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return None
        if is_user_file(file):
            return file, here.f_lineno
        here = here.f_back
    return None
