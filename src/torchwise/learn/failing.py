"""Verdicts on answers that could not be graded: unreadable, no Python, too slow, or raising."""

import traceback
from dataclasses import replace
from traceback import TracebackException

from torchwise.doctor.diagnose import diagnose
from torchwise.doctor.render import render
from torchwise.learn.verdict import Job, Verdict
from torchwise.texts import note

MOST_ERROR = 3000  # characters of an error that are shown


class TooSlow(BaseException):
    """The time is over; no `except Exception` of the learner's catches it."""


def unreadable(job: Job, error: OSError | UnicodeDecodeError) -> Verdict:
    """A file that is not there any more, or not text."""
    what = note("{path} could not be read", path=job.file)
    if isinstance(error, UnicodeDecodeError):
        return Verdict(message="unreadable", what=what, likely=note("it is not saved as UTF-8"), step=note("save it as UTF-8 in your editor"))  # fmt: skip
    return Verdict(message="unreadable", what=what, likely=error.strerror or str(error), step=note("save it again"))


def unparsed(error: SyntaxError | ValueError) -> Verdict:
    """A file that is no Python."""
    text = "".join(traceback.format_exception_only(error)).strip()
    return Verdict(message="syntax", what=note("Python can't read the file"), error=text[:MOST_ERROR],
                   step=note("look at the line it names, and the one before"))  # fmt: skip


def raised(job: Job, error: BaseException) -> Verdict:
    """A file, or a call of what is in it, that raised."""
    shown = TracebackException.from_exception(error)
    _cut(shown, job.file)
    line = shown.stack[-1].lineno if shown.stack else None
    if isinstance(error, SystemExit):
        return Verdict(message="exit", what=note("your file ends the program with exit()"),
                       step=note("leave it out; the grader goes on after your file"))  # fmt: skip
    if isinstance(error, TooSlow):
        what = note("it took longer than {limit} s (line {line})", limit=f"{job.limit_s:g}", line=line)
        if line is None:
            what = note("it took longer than {limit} s", limit=f"{job.limit_s:g}")
        return Verdict(message="too_slow", what=what, likely=note("a loop that never ends?"), step=note("print what changes in the loop"))  # fmt: skip
    if line is None:  # in the grader: a value of the learner's that it didn't expect, or a fault of ours
        what = note("the grader could not use what it got: {error}", error=f"{type(error).__name__}: {error}"[:300])
        return Verdict(message="unusable", what=what, step=note("compare what you return with what the task asks for"))
    verdict = Verdict(message="raised", what=note("line {line} raises {kind}", line=line, kind=type(error).__name__),
                      error="".join(shown.format()).strip()[-MOST_ERROR:])  # fmt: skip
    if isinstance(error, EOFError):
        return replace(verdict, likely=note("there is no keyboard while your file is graded, so input() has nothing to read"),
                       step=note("write the value into the file"))  # fmt: skip
    findings = diagnose(error)
    if not findings:
        return verdict
    return replace(verdict, likely=findings[0].what, step=findings[0].fix, explained=render(findings))


def _cut(shown: TracebackException, file: str) -> None:
    """Leave only the frames of the file, in the errors it came from too."""
    shown.stack[:] = [frame for frame in shown.stack if frame.filename == file]
    for other in (shown.__cause__, shown.__context__, *(shown.exceptions or ())):
        if other is not None:
            _cut(other, file)
