"""A process that waits with torch loaded, and is replaced after each answer, so that every grading begins clean."""

import multiprocessing
import os
import random
import signal
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from torchwise.learn.course import Exercise
from torchwise.learn.verdict import Verdict
from torchwise.texts import language, note

LIMIT_S = 8.0
GRACE_S = 2.0  # for an answer that catches even what ends it
START_S = 120.0  # importing torch from a cold disk


class Standby:
    """Grades answers one after another, each in a process of its own. Closed by `close`."""

    def __init__(self) -> None:
        self._context: BaseContext
        if sys.platform == "win32":
            self._context = multiprocessing.get_context("spawn")
        else:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["torchwise.learn.warm"])
            self._context = context
        self._process: BaseProcess | None = None
        self._pipe: Connection[Any, Any] | None = None

    def warm_up(self) -> None:
        """Have a process waiting."""
        if self._process is None or not self._process.is_alive():
            here, there = self._context.Pipe()
            self._process = self._context.Process(target=_wait, args=(there,), daemon=True)  # type: ignore[attr-defined]
            self._process.start()
            there.close()
            self._pipe = here

    def grade(
        self,
        exercise: Exercise,
        file: Path,
        *,
        seed: int | None = None,
        limit_s: float = LIMIT_S,
        is_strict: bool = False,
    ) -> Verdict:
        """The verdict on the file. seed: of the hidden inputs, random if None."""
        self.warm_up()
        process, pipe = self._process, self._pipe
        assert process is not None and pipe is not None
        self._process = None
        seed = random.SystemRandom().randrange(2**31) if seed is None else seed
        try:
            if not pipe.poll(START_S):
                return Verdict(message="died", what=note("the process that grades could not be started"))
            pipe.recv()
            pipe.send(
                {
                    "exercise": exercise,
                    "file": str(file),
                    "language": language(),
                    "seed": seed,
                    "limit_s": limit_s,
                    "is_strict": is_strict,
                }
            )
            return self._received(pipe, limit_s)
        finally:
            process.kill()
            process.join()
            pipe.close()

    def _received(self, pipe: "Connection[Any, Any]", limit_s: float) -> Verdict:
        """The verdict that comes back in time; what becomes of one that doesn't."""
        try:
            if pipe.poll(limit_s + GRACE_S):
                return Verdict(**pipe.recv())
        except EOFError:
            return Verdict(
                message="died",
                what=note("Python itself ended while it ran your file"),
                likely=note("os._exit, or too little memory?"),
            )
        return Verdict(message="too_slow", what=note("it took longer than {limit} s", limit=f"{limit_s:g}"),
                       likely=note("a loop that never ends?"), step=note("print what changes in the loop"))  # fmt: skip

    def close(self) -> None:
        """End the process that waits."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def _wait(pipe: "Connection[Any, Any]") -> None:
    """In the waiting process: grade one answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the course, which ends this process itself
    from torchwise.learn import warm  # where nothing was forked
    from torchwise.learn.running import Job, graded

    pipe.send(warm.__name__)
    job = Job(**pipe.recv())
    os.chdir(Path(job.file).parent)
    pipe.send(replace(graded(job)).packed())
