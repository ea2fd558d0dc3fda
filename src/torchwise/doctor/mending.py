"""A mend as a change of a file: shown as a diff, applied with a backup, and only while the file reads as it did."""

import ast
import difflib
import os
import tokenize
from dataclasses import dataclass
from pathlib import Path

from torchwise.errors import Problem
from torchwise.finding import Finding
from torchwise.texts import tr


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One file before and after a mend."""

    path: Path
    before: str
    after: str
    encoding: str

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), str(self.path), str(self.path)
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

    def apply(self) -> Path:
        """Write the mended file, the old one kept beside it. Raises Problem if it can't be written or has changed."""
        try:
            if _read(self.path)[0] != self.before:
                raise Problem(tr("{path} has changed in the meantime", path=self.path), fix=tr("run it again"))
            backup = _free(self.path)
            backup.write_bytes(self.path.read_bytes())
            temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            temporary.write_bytes(self.after.encode(self.encoding))
            temporary.chmod(self.path.stat().st_mode)
            os.replace(temporary, self.path)
        except OSError as error:
            raise Problem(tr("{path} could not be written", path=self.path), why=error.strerror or "") from error
        return backup


def patch_of(finding: Finding) -> Patch | None:
    """The change that a sure finding's mend makes; None unless it stands on its line once and leaves valid Python."""
    mend = finding.mend
    if not finding.sure or mend is None or mend.old is None or mend.new is None:
        return None
    path = Path(mend.file)
    try:
        before, encoding = _read(path)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
    lines = before.splitlines(keepends=True)
    start = sum(len(line) for line in lines[: mend.line - 1])
    first = before[start:].partition("\n")[0]
    if first.count(mend.old.partition("\n")[0]) != 1:
        return None
    at = before.find(mend.old, start)
    if at < 0 or at > start + len(first):
        return None
    after = before[:at] + mend.new + before[at + len(mend.old) :]
    try:
        ast.parse(after)
    except SyntaxError:
        return None
    return Patch(path=path, before=before, after=after, encoding=encoding)


def _read(path: Path) -> tuple[str, str]:
    """The text of a Python file with its own line ends, and its encoding."""
    with path.open("rb") as file:
        encoding = tokenize.detect_encoding(file.readline)[0]
    return path.read_bytes().decode(encoding), encoding


def _free(path: Path) -> Path:
    """A name for the backup that no file has: train.py.bak, train.py.bak2, ..."""
    backup, number = path.with_name(path.name + ".bak"), 2
    while backup.exists():
        backup, number = path.with_name(f"{path.name}.bak{number}"), number + 1
    return backup
