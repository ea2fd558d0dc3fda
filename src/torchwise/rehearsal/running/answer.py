"""What a rehearsal gives: groups of findings and all that is said beside them; between the processes as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from torchwise.doctor.report import VERSION
from torchwise.errors import Problem
from torchwise.finding import Finding, Mend, Place, Seen, to_json
from torchwise.rehearsal.running.kept import Kept
from torchwise.rehearsal.running.stretches import Stretch
from torchwise.rehearsal.summary.called import Summary
from torchwise.rehearsal.summary.epoch import Epoch
from torchwise.rehearsal.summary.models import ModelSummary, Row

MOST_GUESSES = 3
Group = tuple[Finding, ...]  # the likeliest cause of one fault, and its alternatives


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All that one rehearsal found.

    failure: why it failed, where it did, the likeliest cause first; groups: what was found beside that.
    problem: why the script could not be rehearsed, as the parts of a Problem; empty if it could.
    stopped: where the time ran out. is_doubtful: whether the cutting of loops may be why it failed.
    data: how much of the data was read. summary: of the models, where all is well.
    memory: what a step needs: "facts", in bytes, and "lines", as they are read; empty where no model ran.
    """

    failure: Group = ()
    groups: tuple[Group, ...] = ()
    problem: dict[str, str] = field(default_factory=dict)
    not_rehearsed: tuple[Stretch, ...] = ()
    kept: tuple[Kept, ...] = ()
    data: tuple[str, ...] = ()
    summary: Summary | None = None
    memory: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: str = ""
    is_doubtful: bool = False

    @property
    def all_groups(self) -> tuple[Group, ...]:
        """The failure first."""
        return ((self.failure,) if self.failure else ()) + self.groups

    @property
    def findings(self) -> list[Finding]:
        """All findings, in order."""
        return [finding for group in self.all_groups for finding in group]

    @property
    def num_sure(self) -> int:
        """How many faults are sure: a failure is one, even where its cause is a guess, unless the cuts may be why."""
        is_failing = bool(self.failure) and (self.failure[0].sure or not self.is_doubtful)
        return is_failing + sum(group[0].sure for group in self.groups)

    @property
    def status(self) -> int:
        """The exit status: 1 for something sure, 2 for a script that could not be rehearsed, else 0."""
        if self.num_sure:
            return 1
        return 2 if self.problem or self.stopped else 0

    def as_problem(self) -> Problem | None:
        """The Problem, if the script could not be rehearsed."""
        return Problem(self.problem["what"], why=self.problem["why"], fix=self.problem["fix"]) if self.problem else None

    def guessed(self) -> "Answer":
        """The same, the failure only guessed."""
        return replace(self, failure=tuple(finding.guessed() for finding in self.failure))

    def to_json(self) -> dict[str, Any]:
        """As `check --json` writes it: the findings as `explain --json` does, and what is said beside them."""
        return {
            "version": VERSION,
            "findings": [to_json(finding) for finding in self.findings],
            "not_rehearsed": [asdict(stretch) for stretch in self.not_rehearsed],
            "kept_from_happening": [{**asdict(kept), "label": str(kept.label)} for kept in self.kept],
            "data": list(self.data),
            "summary": None if self.summary is None else asdict(self.summary),
            "memory": self.memory.get("facts"),
            "seconds": round(self.seconds, 2),
            "stopped": self.stopped or None,
            "problem": self.problem or None,
        }


def placed(group: Group, where: Place) -> Group:
    """The findings, `where` for those that have no line of the user's."""
    return tuple(
        item
        if item.where.file
        else replace(item, where=where, mend=item.mend if item.mend and item.mend.file else None)
        for item in group
    )


def problem_parts(problem: Problem) -> dict[str, str]:
    """A Problem as data."""
    return {"what": problem.what, "why": problem.why, "fix": problem.fix}


def ranked(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Sure ones first, each place and code once, and no more guesses than people read."""
    kept: dict[tuple[str, str, int], Group] = {}
    for group in sorted(groups, key=lambda group: not group[0].sure):
        place = group[0].mend or group[0].where
        kept.setdefault((group[0].code, place.file, place.line), group)
    sure = [group for group in kept.values() if group[0].sure]
    guesses = [group for group in kept.values() if not group[0].sure]
    return (*sure, *guesses[:MOST_GUESSES])


def pack(answer: Answer) -> dict[str, Any]:
    """An answer as JSON, its texts in the language in use."""
    values = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    groups = [list(map(_packed, group)) for group in answer.groups]
    failure = list(map(_packed, answer.failure))
    stretches, kept = map(asdict, answer.not_rehearsed), map(asdict, answer.kept)
    summary = None if answer.summary is None else asdict(answer.summary)
    return {
        **values, "failure": failure, "groups": groups, "not_rehearsed": list(stretches), "kept": list(kept),
        "summary": summary,
    }  # fmt: skip


def unpack(value: dict[str, Any]) -> Answer:
    """The answer that was packed."""
    return Answer(**{
        **value,
        "failure": tuple(map(_finding, value["failure"])),
        "groups": tuple(tuple(map(_finding, group)) for group in value["groups"]),
        "not_rehearsed": tuple(Stretch(**item) for item in value["not_rehearsed"]),
        "kept": tuple(Kept(**item) for item in value["kept"]),
        "data": tuple(value["data"]),
        "summary": None if value["summary"] is None else _summary(value["summary"]),
    })  # fmt: skip


def _packed(finding: Finding) -> dict[str, Any]:
    return {**to_json(finding), "source": finding.where.source}


def _finding(value: dict[str, Any]) -> Finding:
    where = value["where"]
    place = Place(
        file=where["file"], line=where["line"], expression=where["expression"] or "", module=where["module"] or "",
        source=value["source"],
    )  # fmt: skip
    seen = tuple(
        Seen(name=item["name"], shape=None if item["shape"] is None else tuple(item["shape"]), dtype=item["dtype"],
             device=item["device"], text=item.get("text", ""))
        for item in value["seen"]
    )  # fmt: skip
    return Finding(
        code=value["code"], what=value["what"], why=value["why"], fix=value["fix"], where=place,
        mend=Mend(**value["mend"]) if value["mend"] else None, seen=seen, sure=value["sure"],
    )  # fmt: skip


def _summary(value: dict[str, Any]) -> Summary:
    models = tuple(
        ModelSummary(**{
            **model,
            "given": tuple((tuple(shape), dtype) for shape, dtype in model["given"]),
            "rows": tuple(Row(**{**row, "shape": row["shape"] and tuple(row["shape"])}) for row in model["rows"]),
        })
        for model in value["models"]
    )  # fmt: skip
    return Summary(**{**value, "models": models, "epoch": Epoch(**value["epoch"]) if value["epoch"] else None})
