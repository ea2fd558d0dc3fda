"""The chapters and their exercises, as they lie in the folder `course`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from torchwise.data.names import close_name
from torchwise.errors import Problem
from torchwise.learn.sections import Sections, read_sections
from torchwise.texts import tr

FOLDER = Path(__file__).parent / "course"
NUM_HINTS = 3
HEADINGS = {"Hint": "提示", "Mistake": "错误", "Read": "阅读"}


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise: a starter to be completed, graded by its grader. Its name is unique in the course."""

    name: str
    chapter: str
    folder: Path

    @property
    def file(self) -> str:
        """Where the learner's file stands in her folder."""
        return f"{self.chapter}/{self.name}.py"

    @property
    def starter(self) -> str:
        """What the learner begins with."""
        return (self.folder / "starter.py").read_text(encoding="utf-8")

    @property
    def solution(self) -> str:
        """One right answer."""
        return (self.folder / "solution.py").read_text(encoding="utf-8")

    def task(self) -> Sections:
        """Its title and task, in the language in use."""
        return read_sections(self.folder, "task")

    def hints(self) -> list[str]:
        """The three hints, each saying more than the one before."""
        return [self._part("Hint", f" {level}") for level in range(1, NUM_HINTS + 1)]

    def mistake(self, name: str) -> tuple[str, str]:
        """What probably led to a known mistake, and the next step. Raises KeyError for one that is not described."""
        likely, _, step = self._part("Mistake", f": {name}").partition("\n\n")
        return likely.strip(), step.strip()

    def reading(self) -> str:
        """The section of the chapter's text that it is about."""
        return self._part("Read")

    def _part(self, word: str, rest: str = "") -> str:
        """A section of the task by its English heading. Raises KeyError if there is none."""
        parts = self.task().parts
        head = f"{word}{rest}"
        return parts[head] if head in parts else parts[HEADINGS[word] + rest]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One chapter: a text and exercises. Its name begins with its number. has_survey: whether it works on those tables."""

    name: str
    folder: Path
    exercises: tuple[Exercise, ...]
    has_survey: bool = False

    @property
    def number(self) -> int:
        """Its place, from 0."""
        return int(self.name.partition("_")[0])

    def text(self) -> Sections:
        """Its title and text, in the language in use."""
        return read_sections(self.folder, "chapter")


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters, in order."""
    return tuple(_chapter(folder) for folder in sorted(FOLDER.iterdir()) if (folder / "chapter.toml").exists())


def _chapter(folder: Path) -> Chapter:
    values = tomllib.loads((folder / "chapter.toml").read_text(encoding="utf-8"))
    exercises = tuple(Exercise(name=name, chapter=folder.name, folder=folder / name) for name in values["exercises"])
    return Chapter(name=folder.name, folder=folder, exercises=exercises, has_survey=values.get("survey", False))


def exercises() -> tuple[Exercise, ...]:
    """All exercises, in order."""
    return tuple(exercise for chapter in chapters() for exercise in chapter.exercises)


def find_exercise(name: str) -> Exercise:
    """The exercise of that name, or of that file. Raises Problem if there is none."""
    wanted = Path(name).stem
    names = {exercise.name: exercise for exercise in exercises()}
    if wanted in names:
        return names[wanted]
    near = close_name(wanted, list(names))
    raise Problem(
        tr("there is no exercise {name}", name=repr(name)),
        fix=tr("did you mean {name}?", name=near) if near else tr("torchwise learn --status lists them"),
    )


def chapter_of(exercise: Exercise) -> Chapter:
    """The chapter an exercise is in."""
    return next(chapter for chapter in chapters() if chapter.name == exercise.chapter)
