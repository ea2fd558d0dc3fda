"""One answer run and graded in this process, which is used for nothing else afterwards."""

import ast
import contextlib
import importlib.util
import io
import linecache
import signal
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from torchwise.doctor import recorder
from torchwise.doctor.diagnose import diagnose
from torchwise.doctor.render import render
from torchwise.learn.course import Exercise
from torchwise.learn.grade import Answer
from torchwise.learn.verdict import NOT_STARTED, SOLVED, Verdict, Wrong
from torchwise.texts import note, set_language

LIMIT_S = 8.0
MOST_OUTPUT = 2000  # characters of what the answer printed


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be graded. seed: of the hidden inputs. is_strict: warnings count as errors."""

    exercise: Exercise
    file: str
    language: str
    seed: int
    limit_s: float = LIMIT_S
    is_strict: bool = False


class TooSlow(BaseException):
    """The time is over; no `except Exception` of the learner's catches it."""


def graded(job: Job) -> Verdict:
    """Run the learner's file and grade it; whatever it does or raises becomes a verdict."""
    set_language(job.language)
    recorder.install()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), open_nothing():
        verdict = _safely(job)
    output = printed.getvalue()
    return replace(verdict, output=output if len(output) <= MOST_OUTPUT else "...\n" + output[-MOST_OUTPUT:])


@contextlib.contextmanager
def open_nothing() -> Iterator[None]:
    """No keyboard for the answer: the keys are the course's."""
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before


def _safely(job: Job) -> Verdict:
    try:
        text = Path(job.file).read_text(encoding="utf-8-sig")
        is_started = tree_of(text) != tree_of(job.exercise.starter)
    except (OSError, UnicodeDecodeError) as error:
        return Verdict(message="unreadable", what=note("{path} could not be read: {error}", path=job.file, error=error))
    except (SyntaxError, ValueError) as error:
        return _unparsed(error)
    try:
        with time_limit(job.limit_s):
            _run(job, text, is_started)
    except Wrong as wrong:
        return _described(job.exercise, wrong.verdict)
    except (Exception, SystemExit, TooSlow) as error:
        verdict = _raised(job, error)
        return verdict if is_started else replace(verdict, message=NOT_STARTED)
    return Verdict(message=SOLVED, what=note("right"))


def tree_of(text: str) -> str:
    """A program without its comments and blanks, to tell whether it was changed."""
    return ast.dump(ast.parse(text))


def _run(job: Job, text: str, is_started: bool) -> None:
    """Run the file, then its grader; what was not touched is run too, for its errors are what some exercises show."""
    module = types.ModuleType("answer")
    module.__file__ = job.file
    sys.modules["answer"] = module
    sys.path.insert(0, str(Path(job.file).parent))
    linecache.checkcache(job.file)
    torch.manual_seed(job.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error" if job.is_strict else "default")
        exec(compile(text, job.file, "exec"), module.__dict__)
        if not is_started:
            raise Wrong(
                Verdict(
                    message=NOT_STARTED,
                    what=note("not started yet"),
                    step=note("open the file in your editor, change it, save it"),
                )
            )
        torch.manual_seed(job.seed + 1)
        grader_of(job.exercise)(Answer(module))


def grader_of(exercise: Exercise) -> Callable[[Any], None]:
    """The function that grades an exercise."""
    spec = importlib.util.spec_from_file_location(f"grader_{exercise.name}", exercise.folder / "grader.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    graded: Callable[[Any], None] = module.graded
    return graded


def _described(exercise: Exercise, verdict: Verdict) -> Verdict:
    """The verdict with the exercise's own text, if it is on a mistake that the exercise describes."""
    kind, _, name = verdict.message.partition(".")
    if kind != "mistake":
        return verdict
    likely, step = exercise.mistake(name)
    return replace(verdict, likely=likely, step=step)


def _unparsed(error: SyntaxError | ValueError) -> Verdict:
    """A file that is no Python."""
    text = "".join(traceback.format_exception_only(error)).strip()
    return Verdict(
        message="syntax",
        what=note("Python can't read the file"),
        error=text,
        step=note("look at the line it names, and the one before"),
    )


def _raised(job: Job, error: BaseException) -> Verdict:
    """A file, or a call of what is in it, that raised."""
    if isinstance(error, SystemExit):
        return Verdict(
            message="exit",
            what=note("your file ends the program with exit()"),
            step=note("leave it out; the grader goes on after your file"),
        )
    shown = traceback.TracebackException.from_exception(error)
    shown.stack[:] = [frame for frame in shown.stack if frame.filename == job.file]
    line = shown.stack[-1].lineno if shown.stack else None
    if isinstance(error, TooSlow):
        what = note("it took longer than {limit} s (line {line})", limit=f"{job.limit_s:g}", line=line)
        return Verdict(
            message="too_slow",
            what=what,
            likely=note("a loop that never ends?"),
            step=note("print what changes in the loop"),
        )
    if line is None:  # in the grader: a value of the learner's that it didn't expect, or a fault of ours
        what = note("the grader could not use what it got: {error}", error=f"{type(error).__name__}: {error}")
        return Verdict(message="unusable", what=what, step=note("compare what you return with what the task asks for"))
    assert isinstance(error, Exception)
    findings = diagnose(error)
    first = findings[0] if findings else None
    return Verdict(
        message="raised", what=note("line {line} raises {kind}", line=line, kind=type(error).__name__), error="".join(shown.format()).strip(),
        likely=first.what if first else "", step=first.fix if first else "", explained=render(findings),
    )  # fmt: skip


@contextlib.contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Raise TooSlow in the block when its time is over; where the system has no such timer, whoever waits must end it."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
