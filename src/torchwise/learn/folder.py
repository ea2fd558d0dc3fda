"""The learner's folder: a file for each exercise, made once and never overwritten."""

import shutil
from pathlib import Path

from torchwise.errors import Problem
from torchwise.files import write_atomically
from torchwise.learn.course import Exercise, chapter_of, chapters, exercises
from torchwise.learn.progress import FILE, Progress, save_progress
from torchwise.learn.survey import write_survey
from torchwise.texts import tr

NAME = "torchwise-course"
BACKUPS = "backups"


def is_course(folder: Path) -> bool:
    """Whether the course was begun there."""
    return (folder / FILE).is_file()


def make_folder(folder: Path, language: str) -> None:
    """Make the folder and all exercises in it. Raises Problem if something else is in the way."""
    if folder.exists() and not folder.is_dir():
        raise Problem(tr("{folder} is a file", folder=folder), fix=tr("torchwise learn another-folder"))
    if folder.is_dir() and any(folder.iterdir()):
        raise Problem(
            tr("{folder} has other files in it", folder=folder), why=tr("it has no {file}, so it is not a course begun earlier", file=FILE),
            fix=tr("torchwise learn another-folder"),
        )  # fmt: skip
    _make(folder)
    add_missing(folder)
    save_progress(folder, Progress(language=language, current=exercises()[0].name))


def add_missing(folder: Path) -> None:
    """Write the files of exercises that are not there, such as those a newer course has; leave all others."""
    for exercise in exercises():
        path = folder / exercise.file
        if not path.exists():
            _make(path.parent)
            write_starter(path, exercise)
    for chapter in chapters():
        if chapter.has_survey:
            write_survey(folder / chapter.name)


def _make(folder: Path) -> None:
    """Make a folder, if it is not there. Raises Problem if it can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(tr("{folder} could not be made", folder=folder), why=error.strerror or str(error)) from error


def write_starter(path: Path, exercise: Exercise) -> None:
    """The starter under its title, as a comment."""
    head = f"# {chapter_of(exercise).number} · {exercise.task().title}\n\n"
    write_atomically(path, lambda temporary: temporary.write_text(head + exercise.starter, encoding="utf-8"))


def reset(folder: Path, exercise: Exercise) -> Path | None:
    """Give the starter again. Returns where the answer is kept; None if there was none."""
    path = folder / exercise.file
    kept = None
    if path.exists():
        kept = _free(folder / BACKUPS / exercise.file)
        _make(kept.parent)
        shutil.copy2(path, kept)
    _make(path.parent)
    write_starter(path, exercise)
    return kept


def _free(path: Path) -> Path:
    """The path, with a number if there is one already."""
    number = 1
    found = path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
