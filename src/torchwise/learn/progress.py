"""What a learner has done, kept in a file that people can read."""

import tomllib
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import tomli_w

from torchwise.errors import Problem
from torchwise.files import write_atomically
from torchwise.learn.course import Exercise, exercises
from torchwise.texts import tr

FILE = "progress.toml"
HEAD = (
    "# torchwise learn keeps here what you have done. Exercises are known by their names, so their order may change.\n"
)


@dataclass
class Progress:
    """language: "en", "zh" or "" for the locale's. current: the exercise at hand. solved: by name, the day (ISO 8601).

    hints: by name, how many were shown. attempts: by name, how often an answer was graded and not right.
    """

    language: str = ""
    current: str = ""
    solved: dict[str, str] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)

    def solve(self, exercise: Exercise) -> None:
        """Note that it is solved; the first day counts."""
        self.solved.setdefault(exercise.name, date.today().isoformat())

    def count_attempt(self, exercise: Exercise) -> None:
        """Note a wrong answer."""
        self.attempts[exercise.name] = self.attempts.get(exercise.name, 0) + 1

    def add(self, other: "Progress") -> None:
        """Take in what another session has noted: the first days, the higher counts."""
        for name, day in other.solved.items():
            self.solved[name] = min(day, self.solved.get(name, day))
        for mine, theirs in ((self.hints, other.hints), (self.attempts, other.attempts)):
            for name, count in theirs.items():
                mine[name] = max(count, mine.get(name, 0))

    def next_unsolved(self, after: Exercise | None = None) -> Exercise | None:
        """The first exercise behind `after` that isn't solved, else the first of all; None if all are."""
        everything = list(exercises())
        place = everything.index(after) + 1 if after in everything else 0
        return next((item for item in everything[place:] + everything[:place] if item.name not in self.solved), None)


def load_progress(folder: Path) -> Progress:
    """What is kept in the folder; nothing yet if there is no file. Raises Problem if it is damaged."""
    path = folder / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return _checked(values)
    except FileNotFoundError:
        return Progress()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise Problem(
            tr("{path} could not be read", path=path), why=str(error),
            fix=tr("mend it in your editor, or empty it: your answers stay, only what is solved is forgotten"),
        ) from error  # fmt: skip


def _checked(values: dict[str, object]) -> Progress:
    """The values as Progress. Raises TypeError for a value of another kind."""
    progress = Progress()
    for name, default in vars(Progress()).items():
        value = values.get(name, default)
        kind = str if name == "solved" else int
        if not isinstance(value, type(default)) or (
            isinstance(value, dict) and not all(type(inner) is kind for inner in value.values())
        ):
            raise TypeError(f"{name} = {value!r}")
        setattr(progress, name, value)
    return progress


def save_progress(folder: Path, progress: Progress) -> None:
    """Write it, whole or not at all, with what another session in the folder has noted. Raises Problem if it can't be."""
    progress.add(load_progress(folder))
    text = HEAD + tomli_w.dumps(asdict(progress))
    write_atomically(folder / FILE, lambda temporary: temporary.write_text(text, encoding="utf-8"))
