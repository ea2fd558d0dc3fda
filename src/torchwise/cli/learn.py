"""torchwise learn: the course."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from torchwise.errors import Problem
from torchwise.texts import language, tr

FOLDER = Parameter(
    help=tr("the folder of the course, made if it is not there; torchwise-course if left out"), show_default=False
)
GRADE = Parameter(help=tr("grade one exercise and end; 0 if it is solved, 1 if not"), show_default=False)
RESET = Parameter(help=tr("give the starter of an exercise again; the answer is kept in backups/"), show_default=False)
EXPORT = Parameter(help=tr("write what is solved as JSON, for a teacher"), show_default=False)
EXIT_NOT_SOLVED = 1

if TYPE_CHECKING:
    from rich.console import Console

    from torchwise.learn.session import Session


def learn(
    folder: Annotated[Path | None, FOLDER] = None,
    /,
    *,
    status: Annotated[bool, Parameter(negative="", help=tr("show what is solved and end"))] = False,
    grade: Annotated[str | None, GRADE] = None,
    reset: Annotated[str | None, RESET] = None,
    export: Annotated[Path | None, EXPORT] = None,
    poll: Annotated[
        bool, Parameter(negative="", help=tr("look for saves by the clock, for network drives and WSL"))
    ] = False,
    yes: Annotated[bool, Parameter(negative="", help=tr("make the folder without asking"))] = False,
) -> int:
    """Do the course."""
    from rich.console import Console

    from torchwise.files import write_json
    from torchwise.learn import folder as files
    from torchwise.learn import screen
    from torchwise.learn.session import Session, summary

    console = Console()
    where = (folder or _default()).absolute()
    if not files.is_course(where):
        if (status or grade or reset or export) and not yes:
            raise Problem(tr("no course was begun in {folder}", folder=where), fix=tr("torchwise learn"))
        _ask(where, agreed=yes)
        files.make_folder(where, language())
    session = Session(where)
    if status:
        screen.say(screen.status(session.progress), console)
    elif reset is not None:
        _reset(session, reset, console)
    elif grade is not None:
        return _grade(session, grade, console)
    elif export is not None:
        write_json(export, summary(session.progress))
        console.print(tr("written to {path}", path=export), soft_wrap=True, highlight=False)
    else:
        _run(session, console, polls=poll)
    return 0


def _default() -> Path:
    """The course around the working folder, else the usual name in it."""
    from torchwise.learn.folder import NAME, is_course

    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if is_course(folder)), here / NAME)


def _ask(folder: Path, *, agreed: bool) -> None:
    """Ask before the folder is made. Raises Problem if she doesn't agree, or can't be asked."""
    if agreed:
        return
    question = tr("make the course in {folder}? y / n ", folder=folder)
    if not sys.stdin.isatty():
        raise Problem(tr("there is no course in {folder} yet", folder=folder), fix=tr("torchwise learn --yes makes it"))
    try:
        answer = input(question)
    except EOFError:  # Ctrl-D
        answer = ""
    if answer.strip().lower() not in ("y", "yes", "是", "好"):
        raise Problem(tr("nothing was made"), fix=tr("torchwise learn another-folder"))


def _grade(session: "Session", name: str, console: "Console") -> int:
    """Grade one exercise; 0 if it is solved."""
    from torchwise.learn.course import find_exercise
    from torchwise.learn.screen import say, verdict_lines

    exercise, current = find_exercise(name), session.exercise
    try:
        session.progress.current = exercise.name
        verdict = session.grade()
    finally:
        session.progress.current = current.name
        session.save()
        session.standby.close()
    say(verdict_lines(verdict, exercise, console.width, has_keys=False), console)
    return 0 if verdict.is_solved else EXIT_NOT_SOLVED


def _reset(session: "Session", name: str, console: "Console") -> None:
    """Give the starter of one exercise again."""
    from torchwise.learn.course import find_exercise
    from torchwise.learn.folder import reset

    kept = reset(session.folder, find_exercise(name))
    said = (
        tr("the starter again") if kept is None else tr("the starter again; your answer is kept in {path}", path=kept)
    )
    console.print(said, soft_wrap=True, highlight=False)


def _run(session: "Session", console: "Console", *, polls: bool) -> None:
    """The course on a terminal, or as lines where there is none."""
    from torchwise.learn.folder import add_missing
    from torchwise.learn.terminal import Terminal, run_plainly

    add_missing(session.folder)  # those that a newer course has
    if console.is_terminal and sys.stdin.isatty():
        Terminal(session, console, polls=polls).run()
    else:
        run_plainly(session, console, polls=polls)
