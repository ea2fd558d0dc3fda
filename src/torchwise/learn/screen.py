"""What a learner sees: the exercise, the verdict on her answer, and the keys; and lines for where there is no terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from torchwise.doctor.render import columns, wrapped
from torchwise.learn.course import Exercise, chapter_of, chapters, exercises
from torchwise.learn.markdown import inline, rendered
from torchwise.learn.progress import Progress
from torchwise.learn.session import Session
from torchwise.learn.verdict import NOT_STARTED, Verdict
from torchwise.texts import language, tr

WIDEST = 88
BAR = 20
MOST_PRINTED = 12  # lines of the answer's output


def page(session: Session, width: int, *, has_keys: bool = True) -> Iterator[Text]:
    """The whole page of the exercise at hand."""
    width = min(width, WIDEST)
    yield from head(session.exercise, session.progress, width)
    task = session.exercise.task()
    yield Text(task.title, style="bold")
    yield Text()
    yield from rendered(task.text, width)
    yield Text.assemble(tr("your file: "), (str(session.file), "cyan"), overflow="fold")
    yield rule(width)
    # What came last stands lowest, where a page that is longer than the terminal ends.
    blocks = [help_lines(session, width), _outcome(session, width, has_keys)]
    for block in reversed(blocks) if session.is_help_newer else blocks:
        yield from block
    yield rule(width)
    if session.notice:
        yield Text(session.notice, style="yellow")
    if has_keys:
        yield keys_line(width, is_solved=session.is_solved)


def help_lines(session: Session, width: int) -> Iterator[Text]:
    """The hints and the solution, as far as she asked for them."""
    for number, hint in enumerate(session.exercise.hints()[: session.num_hints], start=1):
        yield Text(tr("hint {number}", number=number), style="bold yellow")
        yield from rendered(hint, width)
    if session.shows_solution:
        yield Text(tr("one solution"), style="bold green")
        yield from rendered(f"```python\n{session.exercise.solution.rstrip()}\n```", width)


def _outcome(session: Session, width: int, has_keys: bool) -> Iterator[Text]:
    if session.verdict is None:
        yield Text(tr("grading ..."), style="dim")
    else:
        yield from verdict_lines(session.verdict, session.exercise, width, has_keys=has_keys)


def say(lines: Iterable[Text], console: Console) -> None:
    """Print lines as they are; the terminal breaks what is too long."""
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def head(exercise: Exercise, progress: Progress, width: int) -> Iterator[Text]:
    """Where she is: the chapter, the exercise in it, and how much of the course is done."""
    chapter = chapter_of(exercise)
    total, done = len(exercises()), sum(item.name in progress.solved for item in exercises())
    place = chapter.exercises.index(exercise) + 1
    filled = BAR * done // max(total, 1)
    bar = "█" * filled + "░" * (BAR - filled) + " " if width > 2 * BAR else ""
    left = f"{chapter.number} · {chapter.text().title}"
    right = tr("exercise {place} of {count}", place=place, count=len(chapter.exercises)) + f"  {bar}{done}/{total}"
    gap = width - columns(left) - columns(right)
    if gap >= 2:
        yield Text.assemble((left, "bold cyan"), " " * gap, right)
    else:
        yield Text(left, style="bold cyan")
        yield Text(right)
    yield rule(width)


def rule(width: int) -> Text:
    """A line across the page."""
    return Text("─" * width, style="dim")


def keys_line(width: int, *, is_solved: bool) -> Text:
    """The keys and what they do."""
    keys = [
        ("n", tr("next")), ("h", tr("hint")), ("s", tr("solution")), ("c", tr("chapter's text")), ("l", tr("list")),
        ("r", tr("reset")), ("e", tr("explain")), ("t", "中文" if language() == "en" else "English"), ("q", tr("quit")),
    ]  # fmt: skip
    line, used = Text(), 0
    for key, name in keys:
        piece = f"{key} {name}   "
        if used + columns(piece.rstrip()) > width:
            line.append("\n")
            used = 0
        line.append(key, style="bold green" if key == "n" and is_solved else "bold")
        line.append(piece[1:])
        used += columns(piece)
    return line


def verdict_lines(verdict: Verdict, exercise: Exercise, width: int, *, has_keys: bool = True) -> Iterator[Text]:
    """A verdict: one sentence, what was called, what came back and what should have, why perhaps, and what to do next."""
    if printed := verdict.output.rstrip().splitlines():
        yield Text(
            tr("your file printed:") if len(printed) <= MOST_PRINTED else tr("your file printed, at the end:"),
            style="dim",
        )
        yield from (Text(f"    {line}", style="dim") for line in printed[-MOST_PRINTED:])
    if verdict.is_solved:
        yield Text(
            "✓ " + (tr("right! `n` goes on, `s` shows our solution") if has_keys else tr("right!")), style="bold green"
        )
        return
    mark = "○" if verdict.message == NOT_STARTED else "✗"
    for number, line in enumerate(wrapped(str(verdict.what), width - 2)):
        yield Text.assemble((f"{mark} " if number == 0 else "  ", "bold red"), inline(line), style="bold")
    if verdict.error:
        yield from (Text(f"    {line}") for line in verdict.error.splitlines())
    for label, text in (
        (tr("called with"), verdict.given), (tr("came back"), verdict.actual), (tr("expected"), verdict.expected),
    ):  # fmt: skip
        if text:
            yield from _labelled(label, text.splitlines(), "dim")
    for label, words, style in ((tr("probably"), verdict.likely, "yellow"), (tr("next step"), verdict.step, "green")):
        if str(words):
            lines = [line for part in str(words).splitlines() for line in wrapped(part, max(width - 14, 20))]
            yield from _labelled(label, lines, style)
    if verdict.message != NOT_STARTED and (reading := exercise.reading()):
        yield from _labelled(tr("read"), [tr("{heading} (key c)", heading=reading) if has_keys else reading], "dim")


def _labelled(label: str, lines: list[str], style: str) -> Iterator[Text]:
    """Lines with their label in front of the first."""
    for number, line in enumerate(lines):
        shown = label if number == 0 else ""
        yield Text.assemble("  ", (shown + " " * (12 - columns(shown)), style), inline(line))


def listing(
    matches: Sequence[Exercise], progress: Progress, search: str, chosen: int, height: int
) -> Iterator[Text]:  # fmt: skip
    """The exercises that match the search, the chosen one marked; as many as fit."""
    yield Text.assemble((tr("search: "), "bold"), search, ("▏", "dim"))
    yield Text()
    first = max(0, min(chosen - height // 2, len(matches) - height))
    for number, exercise in enumerate(matches[first : first + height], start=first):
        mark = "✓" if exercise.name in progress.solved else " "
        line = f"{mark} {chapter_of(exercise).number} · {exercise.task().title}"
        yield Text(f"{'›' if number == chosen else ' '} {line}", style="reverse" if number == chosen else "")
    if not matches:
        yield Text(tr("no exercise fits"), style="yellow")
    yield Text()
    yield Text(tr("type to search, arrows to choose, Enter to go there, Esc to go back"), style="dim")


def status(progress: Progress) -> Iterator[Text]:
    """Every exercise, and whether it is solved."""
    for chapter in chapters():
        done = sum(exercise.name in progress.solved for exercise in chapter.exercises)
        yield Text.assemble(
            (f"{chapter.number} · {chapter.text().title}", "bold"), f"  {done}/{len(chapter.exercises)}"
        )
        for exercise in chapter.exercises:
            mark = "✓" if exercise.name in progress.solved else "›" if exercise.name == progress.current else " "
            yield Text(f"  {mark} {exercise.name}  {exercise.task().title}")
