"""The course as it is done: at each save the exercise at hand is graded; keys go on, help and explain."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from torchwise.errors import Problem
from torchwise.learn import folder as files
from torchwise.learn.course import NUM_HINTS, Exercise, exercises, find_exercise
from torchwise.learn.progress import Progress, load_progress, save_progress
from torchwise.learn.standby import Standby
from torchwise.learn.verdict import NOT_STARTED, Verdict
from torchwise.texts import is_asked_for, language, note, set_language, tr


class Session:
    """One learner in her folder: what she has done, the exercise at hand, and the verdict on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.progress = load_progress(folder)
        if self.progress.language and not is_asked_for():
            set_language(self.progress.language)
        self.standby = Standby()
        self.verdict: Verdict | None = None
        self.notice = ""
        self.shows_solution = False
        self.is_help_newer = False  # whether a hint or the solution was asked for after the verdict
        self._graded: bytes | None = None  # the file that the verdict is on

    @property
    def exercise(self) -> Exercise:
        """The exercise at hand; the first one if that of the progress is no more."""
        with suppress(Problem):
            return find_exercise(self.progress.current)
        return self.progress.next_unsolved() or exercises()[0]

    @property
    def file(self) -> Path:
        """Her file of it."""
        return self.folder / self.exercise.file

    @property
    def num_hints(self) -> int:
        """How many hints were shown."""
        return self.progress.hints.get(self.exercise.name, 0)

    @property
    def is_solved(self) -> bool:
        """Whether the answer as it is now is right."""
        return self.verdict is not None and self.verdict.is_solved and self.is_current

    @property
    def is_current(self) -> bool:
        """Whether the verdict is on the file as it is now."""
        return self.verdict is not None and self._graded == self._content()

    def grade(self) -> Verdict:
        """Grade the exercise at hand and note the outcome; the same answer again is no further attempt."""
        exercise, content = self.exercise, self._content()
        is_new, self._graded, self.is_help_newer = content != self._graded, content, False
        if content is None:
            self.verdict = Verdict(
                message="missing", what=note("{path} is not there", path=self.file), 
                step=note("`r`, or torchwise learn --reset {name}, gives the starter again", name=exercise.name),
            )  # fmt: skip
            return self.verdict
        self.verdict = self.standby.grade(exercise, self.file)
        if self.verdict.is_solved:
            self.progress.solve(exercise)
        elif is_new and self.verdict.message != NOT_STARTED:
            self.progress.count_attempt(exercise)
        self.save()
        return self.verdict

    def _content(self) -> bytes | None:
        """Her file as it is now; None if it is not there or can't be read."""
        try:
            return self.file.read_bytes()
        except OSError:
            return None

    def save(self) -> None:
        """Keep the progress."""
        save_progress(self.folder, self.progress)

    def go_to(self, exercise: Exercise) -> None:
        """Make an exercise the one at hand."""
        self.progress.current = exercise.name
        self.verdict, self.notice, self.shows_solution, self._graded = None, "", False, None
        self.save()

    def go_on(self) -> None:
        """The next exercise that isn't solved, if this one is."""
        if not self.is_solved:
            self.notice = tr("not solved yet; `l` lists the others")
            return
        following = self.progress.next_unsolved(self.exercise)
        if following is None:
            self.notice = tr("all exercises are solved")
        else:
            self.go_to(following)

    def show_hint(self) -> None:
        """One hint more."""
        if self.num_hints == NUM_HINTS:
            self.notice = tr("there are no more hints; `s` shows the solution")
            return
        self.progress.hints[self.exercise.name] = self.num_hints + 1
        self.is_help_newer = True
        self.save()

    def show_solution(self, agreed: Callable[[], bool]) -> None:
        """The solution: at once if she has solved it, else after three hints and a yes."""
        if not self.is_solved and self.num_hints < NUM_HINTS:
            self.notice = tr("first the hints: `h`, {count} to go", count=NUM_HINTS - self.num_hints)
        elif self.is_solved or agreed():
            self.shows_solution = self.is_help_newer = True

    def reset(self) -> None:
        """The starter again."""
        kept = files.reset(self.folder, self.exercise)
        self.verdict, self.shows_solution = None, False
        if kept is not None:
            self.notice = tr("the starter again; your answer is kept in {path}", path=kept.relative_to(self.folder))

    def switch_language(self) -> None:
        """The other language, from now on."""
        self.progress.language = set_language("zh" if language() == "en" else "en")
        self.save()


def found(search: str) -> Iterator[Exercise]:
    """The exercises with all words of the search in their name, title or chapter."""
    words = search.lower().split()
    for exercise in exercises():
        text = f"{exercise.name} {exercise.chapter} {exercise.task().title}".lower()
        if all(word in text for word in words):
            yield exercise


def summary(progress: Progress) -> dict[str, object]:
    """The progress as data, for a teacher."""
    return {
        "version": 1,
        "solved": sum(exercise.name in progress.solved for exercise in exercises()),
        "exercises": [
            {
                "name": exercise.name, "chapter": exercise.chapter, "solved": progress.solved.get(exercise.name),
                "hints": progress.hints.get(exercise.name, 0), "attempts": progress.attempts.get(exercise.name, 0),
            }
            for exercise in exercises()
        ],
    }  # fmt: skip
