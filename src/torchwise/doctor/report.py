"""What is printed when a script has failed: its traceback, cut to the user's own frames, and the findings."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from torchwise.files import write_json
from torchwise.finding import Finding, to_json

VERSION = 1


def print_error(error: BaseException, findings: Sequence[Finding], file: TextIO, *, full: bool = False) -> None:
    """Python's own traceback (without libraries' frames, unless it is to be full), then the findings."""
    printed = traceback.TracebackException.from_exception(error)
    if not full:
        _cut(printed)
    text = "".join(printed.format())
    if not printed.stack:  # a script that doesn't parse has no frames
        text = "".join(printed.format_exception_only())
    file.write(text)
    if findings:
        from torchwise.doctor.render import render

        file.write("\n" + render(findings, colored=_is_colored(file)) + "\n")


def _cut(printed: traceback.TracebackException) -> None:
    """Leave the user's frames, or the last one where there is none; also in the errors this one came from."""
    from torchwise.doctor.source import is_user_file

    own = [frame for frame in printed.stack if is_user_file(frame.filename)]
    kept = own or [frame for frame in printed.stack if "/torchwise/" not in frame.filename][-1:]
    printed.stack[:] = kept
    for cause in (printed.__cause__, printed.__context__):
        if cause is not None:
            _cut(cause)


def _is_colored(file: TextIO) -> bool:
    """Whether colours are wanted: on a terminal, unless NO_COLOR says otherwise."""
    return file.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Write the findings as JSON, none of them too. Raises Problem if the file can't be written."""
    write_json(path, {"version": VERSION, "findings": [to_json(finding) for finding in findings]})


def flush() -> None:
    """What the script printed comes before what is said about it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
