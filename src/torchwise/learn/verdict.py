"""What is graded, and what the grading says: both cross processes, so both are data; only the screen knows colours and width."""

from dataclasses import dataclass

from torchwise.finding import Words
from torchwise.learn.course import Exercise

SOLVED, NOT_STARTED = "solved", "not_started"
LIMIT_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """One answer to be graded. seed: of the hidden inputs. is_strict: warnings count as errors."""

    exercise: Exercise
    file: str
    language: str
    seed: int
    limit_s: float = LIMIT_S
    is_strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One answer, graded.

    message: its id, the same in both languages ("solved", "shape.transposed", "mistake.reshaped").
    what: one sentence. called: what was called, as code; given: with what. actual, expected: what came back, and what should have.
    likely: the misconception it probably comes from. step: one thing to do next. output: the end of what the answer printed.
    error: the traceback, cut to the learner's file. explained: what the doctor says of it.
    """

    message: str
    what: Words
    called: str = ""
    given: str = ""
    actual: str = ""
    expected: str = ""
    likely: Words = ""
    step: Words = ""
    output: str = ""
    error: str = ""
    explained: str = ""

    @property
    def is_solved(self) -> bool:
        """Whether the answer is right."""
        return self.message == SOLVED

    def packed(self) -> dict[str, str]:
        """As plain texts, in the language in use."""
        return {name: str(getattr(self, name)) for name in Verdict.__dataclass_fields__}


class Wrong(Exception):
    """Raised by a grader: the answer is not right yet, and why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict
