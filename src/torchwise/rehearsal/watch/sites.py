"""Where something happened: the innermost frame of the user's, and those around it."""

import ast
import itertools
import sys
from dataclasses import dataclass, field, replace
from types import CodeType, FrameType

from torchwise.doctor.recorder import calls_of
from torchwise.doctor.source import Source, is_user_file, node_at, read_source
from torchwise.finding import Place

MOST_OUTER = 6  # the user's calls around: step in train_epoch in main


@dataclass(frozen=True)
class Site:
    """A line of the user's that ran. outer: the user's calls that led there, the innermost first."""

    file: str
    line: int
    function: str
    code: CodeType | None = field(default=None, repr=False, compare=False)
    lasti: int = field(default=-1)
    outer: tuple["Site", ...] = field(default=(), repr=False)

    @property
    def source(self) -> Source | None:
        """The parsed file."""
        return read_source(self.file) if self.file else None

    @property
    def node(self) -> ast.AST | None:
        """The expression that was being evaluated."""
        return node_at(self.code, self.lasti) if self.code is not None else None

    @property
    def text(self) -> str:
        """The code of that expression, on one line."""
        source, node = self.source, self.node
        return " ".join(source.text(node).split()) if source is not None and node is not None else ""

    def place(self, module: str = "") -> Place:
        """The line as a finding shows it."""
        line = self.source.line(self.line) if self.source is not None else ""
        return Place(file=self.file, line=self.line, source=line, expression=self.text, module=module)

    @property
    def loops(self) -> list[ast.For | ast.While]:
        """The loops that the line runs in, the innermost first, also where they call its function."""
        found: list[ast.For | ast.While] = []
        for here in (self, *self.outer):
            node = here.node
            while here.source is not None and node is not None:
                node = here.source.parents.get(node)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    break
                if isinstance(node, ast.For | ast.While):
                    found.append(node)
        return found

    def beside(self, other: "Site") -> "Site":
        """The line itself, or the call that led to it, in the innermost function in which the other happened too."""
        shared = {site.code for site in (other, *other.outer)}
        return next((site for site in (self, *self.outer) if site.code in shared), self)


NOWHERE = Site("", 0, "")


def user_frames() -> list[FrameType]:
    """The frames of the user's that are under way, the innermost first."""
    found: list[FrameType] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(found) <= MOST_OUTER:
        if is_user_file(frame.f_code.co_filename):
            found.append(frame)
        frame = frame.f_back
    return found


def site_here() -> Site:
    """The user's line that is running."""
    sites: list[Site] = []
    frames = user_frames()
    for frame in reversed(frames):
        code = frame.f_code
        outer = tuple(reversed(sites)) if frame is frames[0] else ()
        sites.append(Site(code.co_filename, frame.f_lineno, code.co_name, code, frame.f_lasti, outer))
    return sites[-1] if sites else NOWHERE


def built_at(module: object) -> Site | None:
    """The user's call that built a module, with the calls around it, if the recorder was at work."""
    sites: tuple[Site, ...] = ()
    for code, lasti in calls_of(module):
        line = next(itertools.islice(code.co_positions(), lasti // 2, None), (None,))[0]
        sites += (Site(code.co_filename, line or code.co_firstlineno, code.co_name, code, lasti),)
    return replace(sites[0], outer=sites[1:]) if sites else None
