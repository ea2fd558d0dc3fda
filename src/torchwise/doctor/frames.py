"""The frames of a failure, from the outermost call to the line that raised."""

import ast
import inspect
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FrameType, TracebackType
from typing import Any

from torchwise.doctor.source import Scope, Source, function_node, is_user_file, node_at, read_source

COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")
MOST_OUTER = 100  # calls around the one that caught the error; a notebook or a test runner has dozens of its own


@dataclass(frozen=True, eq=False)
class Frame:
    """One call that was under way: its code, the instruction it had come to, and its variables."""

    frame: FrameType
    lasti: int
    line: int

    @property
    def code(self) -> CodeType:
        """The code that ran."""
        return self.frame.f_code

    @property
    def file(self) -> str:
        """The file of the code."""
        return self.frame.f_code.co_filename

    @property
    def function(self) -> str:
        """The name of the function."""
        return self.frame.f_code.co_name

    @cached_property
    def locals(self) -> dict[str, Any]:
        """The variables as they were when the error was raised; in a comprehension those around it too."""
        around = self.frame.f_back
        if self.is_comprehension and around is not None and around.f_code.co_filename == self.file:
            return {**around.f_locals, **self.frame.f_locals}
        return self.frame.f_locals

    @property
    def is_comprehension(self) -> bool:
        """Whether it is the frame of a comprehension, which Python 3.11 still gives one of its own."""
        return self.function in COMPREHENSIONS

    @property
    def is_user(self) -> bool:
        """Whether the code is the user's."""
        return is_user_file(self.file)

    @cached_property
    def source(self) -> Source | None:
        """The parsed file."""
        return read_source(self.file)

    @cached_property
    def node(self) -> ast.AST | None:
        """The expression that was being evaluated."""
        return node_at(self.code, self.lasti)

    @cached_property
    def scope(self) -> Scope | None:
        """The definition of the function (or the module) that ran."""
        return function_node(self.code)

    @property
    def text(self) -> str:
        """The code of that expression."""
        return self.source.text(self.node) if self.source and self.node else ""

    def receiver(self) -> object:
        """The object a method was called on; None in a plain function."""
        names = self.code.co_varnames
        return self.locals.get(names[0]) if self.code.co_argcount and names[0] in ("self", "cls", "mod") else None

    def arguments(self) -> dict[str, Any]:
        """The parameters that still hold what was handed in, as far as the names tell."""
        code = self.code
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
        return {name: self.locals[name] for name in code.co_varnames[:count] if name in self.locals}


def frames_of(traceback: TracebackType | None) -> list[Frame]:
    """The frames of a traceback, outermost first."""
    found = []
    while traceback is not None:
        if not _is_rehearsing(traceback.tb_frame):
            found.append(Frame(traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def _is_rehearsing(frame: FrameType) -> bool:
    """Whether a call only stands between the program and torch because it is rehearsed."""
    return str(frame.f_globals.get("__name__", "")).startswith(("torchwise.rehearsal.", "torch.utils._python_dispatch"))


def outer_frames(traceback: TracebackType | None) -> list[Frame]:
    """The calls around a traceback, outermost first: it begins where the error was caught.

    What calls the command line is no part of the user's program.
    """
    found: list[Frame] = []
    here = traceback.tb_frame.f_back if traceback is not None else None
    while here is not None and len(found) < MOST_OUTER and here.f_globals.get("__name__") != "torchwise.cli":
        found.append(Frame(here, here.f_lasti, here.f_lineno))
        here = here.f_back
    return found[::-1]
