"""A process that waits with torch loaded, and is replaced after each answer, so that every grading begins clean."""

import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from torchwise.learn.course import Exercise
from torchwise.learn.verdict import LIMIT_S, Job, Verdict
from torchwise.texts import language, note

GRACE_S = 2.0  # for an answer that catches even what ends it
START_S = 120.0  # importing torch from a cold disk


class Standby:
    """Grades answers one after another, each in a process of its own. Closed by `close`."""

    def __init__(self) -> None:
        self._build: Callable[..., BaseProcess]
        if sys.platform == "win32":
            self._build = multiprocessing.get_context("spawn").Process
        else:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["torchwise.learn.warm"])
            self._build = context.Process
        self._process: BaseProcess | None = None
        self._pipe: Connection[Any, Any] | None = None

    def warm_up(self) -> None:
        """Have a process waiting."""
        if self._process is not None and self._process.is_alive():
            return
        self.close()
        here, there = multiprocessing.Pipe()
        # No daemon, for an answer may start workers of a DataLoader.
        process = self._build(target=_wait, args=(there,))
        process.start()
        there.close()
        self._process, self._pipe = process, here

    def grade(
        self, exercise: Exercise, file: Path, *, seed: int | None = None, limit_s: float = LIMIT_S, is_strict: bool = False
    ) -> Verdict:  # fmt: skip
        """The verdict on the file. seed: of the hidden inputs, random if None."""
        self.warm_up()
        assert self._pipe is not None
        seed = random.SystemRandom().randrange(2**31) if seed is None else seed
        job = Job(
            exercise=exercise, file=str(file), language=language(), seed=seed, limit_s=limit_s, is_strict=is_strict
        )
        try:
            return _verdict(self._pipe, job)
        finally:
            self.close()

    def close(self) -> None:
        """End the process that waits."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = self._pipe = None


def _verdict(pipe: "Connection[Any, Any]", job: Job) -> Verdict:
    """The verdict that comes back in time; what becomes of one that doesn't."""
    is_begun = False
    try:
        if pipe.poll(START_S):
            pipe.recv()
            pipe.send(job)
            is_begun = True
            if pipe.poll(job.limit_s + GRACE_S):
                return Verdict(**pipe.recv())
    except (EOFError, OSError):  # its end of the pipe is gone, and so is the process
        if is_begun:
            return Verdict(
                message="died", what=note("Python itself ended while it ran your file"),
                likely=note("os._exit, or too little memory?"), step=note("run the file yourself: python {file}", file=job.file),
            )  # fmt: skip
    if not is_begun:
        return Verdict(message="not_graded", what=note("the process that grades could not be started"),
                       step=note("is there enough memory? end torchwise learn and begin it again"))  # fmt: skip
    return Verdict(message="too_slow", what=note("it took longer than {limit} s", limit=f"{job.limit_s:g}"),
                   likely=note("a loop that never ends?"), step=note("print what changes in the loop"))  # fmt: skip


def _wait(pipe: "Connection[Any, Any]") -> None:
    """In the waiting process: grade one answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the course, which ends this process itself
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):  # what C code and further processes print would stand across the page
        os.dup2(nowhere, descriptor)
    multiprocessing.set_start_method(None, force=True)  # the answer's own processes are started as they are elsewhere
    from torchwise.learn import warm  # where nothing was forked
    from torchwise.learn.running import graded

    pipe.send(warm.__name__)
    try:
        job: Job = pipe.recv()
    except EOFError:  # the course has ended
        return
    os.chdir(Path(job.file).parent)
    pipe.send(graded(job).packed())
