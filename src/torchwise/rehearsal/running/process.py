"""The other side of a rehearsal: starts its process, waits, and rehearses again where cut loops leave a doubt."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from torchwise.errors import Problem
from torchwise.rehearsal.running.answer import Answer, problem_parts, unpack
from torchwise.rehearsal.running.devices import device_of
from torchwise.rehearsal.running.request import Request
from torchwise.texts import language, tr

LIMIT_S = 120.0  # for all attempts together
GRACE_S = 20.0  # for what comes after the script: the data, memory
OUT_OF_MEMORY = ("TW301", "TW302", "TW303", "TW304")
AGAIN = (("outer",), ("inner",), ("inner", "outer"))  # which loops are left whole, one attempt after the other
SHOWN, SAID = 12, 3  # lines of what a script printed that could not be rehearsed, or that ended itself


def rehearse(script: str, arguments: Sequence[str] = (), *, device: str = "cpu", limit_s: float = LIMIT_S) -> Answer:
    """Rehearse a script in a process of its own.

    A failure that the cutting of loops may have brought about is tried again with those loops whole: it is sure if it
    is still there when all are, a false alarm if it is not, and a guess where the time does not suffice.
    """
    device_of(device)
    end = time.monotonic() + limit_s
    first = _attempt(script, arguments, device, limit_s, ())
    if device != "cpu" and first.failure and first.failure[0].code in OUT_OF_MEMORY:
        roomy = _attempt(script, arguments, device, max(5.0, end - time.monotonic()), (), is_roomy=True)
        return first if roomy.problem else _joined(first, roomy)
    if not first.is_doubtful:
        return first
    for whole in AGAIN:
        left_s = end - time.monotonic()
        if left_s < 5:
            break
        again = _attempt(script, arguments, device, left_s, whole)
        if again.stopped or again.problem:
            continue
        if not again.is_doubtful:
            return replace(first, failure=again.failure, not_rehearsed=again.not_rehearsed, is_doubtful=False)
    return first.guessed()


def _joined(first: Answer, roomy: Answer) -> Answer:
    """Where the memory ran out, and what was seen behind that line on a card that takes all."""
    return replace(
        roomy, failure=first.failure, groups=(*((roomy.failure,) if roomy.failure else ()), *roomy.groups),
        summary=None, seconds=first.seconds + roomy.seconds, is_doubtful=False,
    )  # fmt: skip


def _attempt(
    script: str,
    arguments: Sequence[str],
    device: str,
    limit_s: float,
    whole: tuple[str, ...],
    *,
    is_roomy: bool = False,
) -> Answer:
    """One run in a process of its own."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torchwise-check-", ignore_cleanup_errors=True) as folder:
        request = Request(
            script=script, arguments=tuple(arguments), folder=folder, language=language(), device=device,
            limit_s=limit_s, whole=whole, is_roomy=is_roomy,
        )  # fmt: skip
        path, printed = Path(folder) / "request.json", Path(folder) / "printed.txt"
        path.write_text(json.dumps(asdict(request)), encoding="utf-8")
        (Path(folder) / "tmp").mkdir()
        with printed.open("w") as output:
            ended = _run([sys.executable, "-m", "torchwise.rehearsal", str(path)], output.fileno(), folder, limit_s)
        found = Path(folder) / "answer.json"
        lines = printed.read_text(encoding="utf-8", errors="replace").splitlines()
        if found.exists():
            answer = unpack(json.loads(found.read_text(encoding="utf-8")))
            if answer.problem and not answer.problem["why"]:  # it has said itself what it lacks
                answer = replace(answer, problem={**answer.problem, "why": _last(lines, SAID)})
        else:
            answer = Answer(problem=problem_parts(_no_answer(script, ended, limit_s, _last(lines, SHOWN))))
    return replace(answer, seconds=time.monotonic() - began)


def _run(command: Sequence[str], output: int, folder: str, limit_s: float) -> int | None:
    """The status that a process ended with; None if it took too long and was killed, with all it has started."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None,
        stdout=output, stderr=output, start_new_session=True, env={**os.environ, "TMPDIR": str(Path(folder) / "tmp")},
    )  # fmt: skip
    try:
        return process.wait(limit_s + GRACE_S)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the process and the workers it may have left."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # none is left
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _last(lines: Sequence[str], most: int) -> str:
    """The last lines that a script printed."""
    return "\n".join([tr("the last lines it printed:"), *("    " + line for line in lines[-most:])]) if lines else ""


def _no_answer(script: str, status: int | None, limit_s: float, printed: str) -> Problem:
    """Why there is no answer. printed: its last lines."""
    name = os.path.basename(script)
    if status is None:
        return Problem(
            tr("{name} was stopped after {seconds} s", name=name, seconds=f"{limit_s + GRACE_S:.0f}"),
            why=printed,
            fix=tr("make what comes before the training shorter, or give it less data"),
        )
    how = tr("by signal {number}", number=-status) if status < 0 else tr("with status {status}", status=status)
    return Problem(tr("the rehearsal of {name} ended {how}", name=name, how=how), why=printed)
