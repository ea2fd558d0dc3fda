"""The course as it is done: at each save the exercise at hand is graded; keys go on, help and explain."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from torchwise.errors import Problem
from torchwise.learn import folder as files
from torchwise.learn.course import NUM_HINTS, Exercise, exercises, find_exercise
from torchwise.learn.progress import Progress, load_progress, save_progress
from torchwise.learn.standby import Standby
from torchwise.learn.verdict import Verdict
from torchwise.texts import language, set_language, tr


class Session:
    """One learner in her folder: what she has done, the exercise at hand, and the verdict on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.progress = load_progress(folder)
        if self.progress.language:
            set_language(self.progress.language)
        files.add_missing(folder)
        self.standby = Standby()
        self.verdict: Verdict | None = None
        self.notice = ""
        self.shows_solution = False

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
        return self.verdict is not None and self.verdict.is_solved

    def grade(self) -> Verdict:
        """Grade the exercise at hand and note the outcome."""
        exercise = self.exercise
        if not self.file.exists():
            raise Problem(tr("{path} is not there", path=self.file), fix=tr("`r` gives the starter again"))
        self.verdict = self.standby.grade(exercise, self.file)
        self.standby.warm_up()  # the next one loads while this verdict is read
        if self.verdict.is_solved:
            self.progress.solve(exercise)
        elif self.verdict.message != "not_started":
            self.progress.count_attempt(exercise)
        self.save()
        return self.verdict

    def save(self) -> None:
        """Keep the progress."""
        save_progress(self.folder, self.progress)

    def go_to(self, exercise: Exercise) -> None:
        """Make an exercise the one at hand."""
        self.progress.current = exercise.name
        self.verdict, self.notice, self.shows_solution = None, "", False
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
        self.save()

    def show_solution(self, agreed: Callable[[], bool]) -> None:
        """The solution: at once if she has solved it, else after three hints and a yes."""
        if not self.is_solved and self.num_hints < NUM_HINTS:
            self.notice = tr("first the hints: `h`, {count} to go", count=NUM_HINTS - self.num_hints)
        elif self.is_solved or agreed():
            self.shows_solution = True

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
        "solved": len(progress.solved),
        "exercises": [
            {
                "name": exercise.name, "chapter": exercise.chapter, "solved": progress.solved.get(exercise.name),
                "hints": progress.hints.get(exercise.name, 0), "attempts": progress.attempts.get(exercise.name, 0),
            }
            for exercise in exercises()
        ],
    }  # fmt: skip
