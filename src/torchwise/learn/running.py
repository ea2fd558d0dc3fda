"""One answer run and graded in this process, which is used for nothing else afterwards."""

import ast
import contextlib
import importlib.util
import io
import linecache
import random
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchwise.doctor import recorder
from torchwise.learn.course import Exercise
from torchwise.learn.failing import TooSlow, raised, unparsed, unreadable
from torchwise.learn.grade import Answer
from torchwise.learn.verdict import NOT_STARTED, SOLVED, Job, Verdict, Wrong
from torchwise.limits import time_limit
from torchwise.texts import note, set_language

MOST_OUTPUT = 2000  # characters of what the answer printed


class Tail(io.TextIOBase):
    """Keeps the end of what is printed, so that an endless loop doesn't fill the memory."""

    def __init__(self) -> None:
        self.text = ""
        self.is_cut = False

    def write(self, text: str) -> int:
        """Take a text."""
        whole = self.text + text
        self.text = whole[-MOST_OUTPUT:]
        self.is_cut |= len(whole) > MOST_OUTPUT
        return len(text)


def graded(job: Job) -> Verdict:
    """Run the learner's file and grade it; whatever it does or raises becomes a verdict."""
    set_language(job.language)
    recorder.install()
    printed = Tail()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        sys.stdin = io.StringIO()  # no keyboard: the keys are the course's
        verdict = _safely(job)
    return replace(verdict, output=("...\n" if printed.is_cut else "") + printed.text)


def _safely(job: Job) -> Verdict:
    with warnings.catch_warnings():
        warnings.simplefilter("error" if job.is_strict else "default")
        try:
            text = Path(job.file).read_text(encoding="utf-8-sig")
            tree = ast.parse(text, job.file)
        except (OSError, UnicodeDecodeError) as error:
            return unreadable(job, error)
        except (SyntaxError, ValueError) as error:
            return unparsed(error)
        is_started = ast.dump(tree) != ast.dump(ast.parse(job.exercise.starter))
        try:
            with time_limit(job.limit_s, TooSlow):
                _run(job, tree, is_started)
        except Wrong as wrong:
            return _described(job.exercise, wrong.verdict, tree)
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: they are the learner's
            verdict = raised(job, error)
            return verdict if is_started else replace(verdict, message=NOT_STARTED)
        return Verdict(message=SOLVED, what=note("right"))


def _run(job: Job, tree: ast.Module, is_started: bool) -> None:
    """Run the file, then its grader; what was not touched is run too, for its errors are what some exercises show."""
    module = types.ModuleType("answer")
    module.__file__ = job.file
    sys.modules["answer"] = module
    sys.path.insert(0, str(Path(job.file).parent))
    linecache.checkcache(job.file)
    seed_all(job.seed)
    exec(compile(tree, job.file, "exec"), module.__dict__)
    if not is_started:
        step = note("open the file in your editor, change it, save it")
        raise Wrong(Verdict(message=NOT_STARTED, what=note("not started yet"), step=step))
    seed_all(job.seed + 1)
    grader_of(job.exercise)(Answer(module))


def seed_all(seed: int) -> None:
    """Seed the three kinds of random numbers."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def grader_of(exercise: Exercise) -> Callable[[Any], None]:
    """The function that grades an exercise."""
    spec = importlib.util.spec_from_file_location(f"grader_{exercise.name}", exercise.folder / "grader.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    graded: Callable[[Any], None] = module.graded
    return graded


def _described(exercise: Exercise, verdict: Verdict, tree: ast.Module) -> Verdict:
    """The verdict with the exercise's own text, if it is on a mistake that the exercise describes.

    None from a function that still ends with its three dots is an answer that was not started.
    """
    kind, _, name = verdict.message.partition(".")
    if kind == "mistake":
        likely, step = exercise.mistake(name)
        return replace(verdict, likely=likely, step=step)
    function = verdict.called.partition("(")[0].rpartition(".")[2]
    if kind == "none" and function in unwritten(tree):
        return Verdict(message=NOT_STARTED, called=verdict.called, what=note("{name} is still ...", name=f"{function}()"),
                       step=note("put your code where the three dots are"))  # fmt: skip
    return verdict


def unwritten(tree: ast.Module) -> set[str]:
    """The functions and methods whose last statement is `...`."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and isinstance(last := node.body[-1], ast.Expr)
        and isinstance(last.value, ast.Constant)
        and last.value.value is ...
    }
