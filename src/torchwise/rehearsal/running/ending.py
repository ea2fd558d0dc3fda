"""How a rehearsed script ended: its error explained, or why it could not be rehearsed."""

import os
import traceback
from types import TracebackType

from torchwise.doctor.diagnose import diagnose
from torchwise.doctor.frames import Frame, frames_of
from torchwise.errors import Problem
from torchwise.finding import Finding
from torchwise.rehearsal.running.kept import Refused
from torchwise.texts import tr

OURS = os.path.dirname(os.path.dirname(__file__))


class OutOfTime(BaseException):
    """The time for the rehearsal is over; no `except Exception` of the script's is meant."""


def cleaned(error: BaseException) -> BaseException:
    """The error, and those it came from, without our frames between those of the script."""
    here: BaseException | None = error
    seen: set[int] = set()
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        here.__traceback__ = _without_ours(here.__traceback__)
        here = here.__cause__ or here.__context__
    return error


def _without_ours(frames: TracebackType | None) -> TracebackType | None:
    kept = []
    while frames is not None:
        if not frames.tb_frame.f_code.co_filename.startswith(OURS):
            kept.append(frames)
        frames = frames.tb_next
    below = None
    for item in reversed(kept):
        below = TracebackType(below, item.tb_frame, item.tb_lasti, item.tb_lineno)
    return below


def findings_of(error: BaseException) -> list[Finding]:
    """The findings of an error; none for one that is no fault."""
    return diagnose(error) if isinstance(error, Exception) else []


def problem_of(error: BaseException) -> Problem | None:
    """Why the script could not be rehearsed, if that is what its end means."""
    refused = next((item for item in _chain(error) if isinstance(item, Refused)), None)
    if refused is not None and refused.kind == "process":
        return Problem(
            tr("the script starts a process that check can't follow, at {place}", place=place_of(error)),
            why=tr("a process that begins afresh (spawn) would write, and use the network, as if it were no rehearsal"),
            fix=tr("check what one process does: a script that calls the function itself, such as worker(0)"),
        )
    if refused is not None:
        return Problem(
            tr("the script stopped where it was refused something, at {place}", place=place_of(error)),
            why=str(refused),
            fix=tr("do it once without check (a download, say), then check again"),
        )
    if isinstance(error, Problem):
        return error
    if isinstance(error, SyntaxError):
        return Problem("".join(traceback.format_exception_only(error)).strip(), fix=tr("mend it, then check again"))
    if isinstance(error, SystemExit) and error.code not in (None, 0):
        said = error.code if isinstance(error.code, str) else tr("with status {status}", status=error.code)
        return Problem(
            tr("the script ended itself at {place}: {said}", place=place_of(error), said=said),
            fix=tr("give it the arguments it needs: torchwise check train.py --its arguments"),
        )
    if isinstance(error, EOFError):
        return Problem(
            tr("the script reads from the keyboard, at {place}", place=place_of(error)),
            fix=tr("give it what it reads: echo yes | torchwise check train.py"),
        )
    return None


def depends_on_cuts(error: BaseException) -> bool:
    """Whether the turns that were left out may have brought an error about.

    They can't have where a model, a loader, a backward pass or an optimizer failed at what it was given; but they may
    well where a loader had no batch left.
    """
    if isinstance(error, StopIteration) or isinstance(error.__cause__, StopIteration):
        return True
    return not any(_is_work(frame) for item in _chain(error) for frame in frames_of(item.__traceback__))


def _is_work(frame: Frame) -> bool:
    """Whether a frame is one of torch's that works on a batch."""
    if frame.function == "_call_impl":
        module = frame.locals.get("self")
        return module is not None and next(module.parameters(), None) is not None
    path = frame.file.replace("\\", "/")
    if "/torch/utils/data/" in path:
        return frame.function == "__next__"
    return ("/torch/autograd/__init__" in path and frame.function == "backward") or "/torch/optim/" in path


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        here = waiting.pop()
        if isinstance(here, BaseException) and here not in found:
            found.append(here)
            waiting += [here.__cause__, here.__context__, getattr(here, "reason", None)]  # reason: of urllib
    return found


def place_of(error: BaseException) -> str:
    """train.py:12, the user's innermost line."""
    own = [frame for frame in frames_of(error.__traceback__) if frame.is_user]
    return f"{os.path.basename(own[-1].file)}:{own[-1].line}" if own else "?"
