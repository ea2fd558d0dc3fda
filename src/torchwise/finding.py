"""A finding: one thing the doctor says, as data; only the renderer knows colours, width and language."""

from dataclasses import dataclass, replace
from typing import Any

from torchwise.texts import Text

KEPT = "_torchwise_findings"  # the attribute of an error that carries its findings along, out of a worker too
Words = str | Text  # a Text is put into the reader's language when it is shown; code stays as it is


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something stands in the user's code. `source` is the whole line; `module` a path such as model.head.0."""

    file: str
    line: int
    expression: str = ""
    module: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Mend:
    """What to change: on `line` of `file`, `old` becomes `new`. Both are None where no single replacement says it."""

    file: str
    line: int
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A value that was there: a tensor by shape, dtype and device, anything else by `text`."""

    name: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    device: str | None = None
    text: Words = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What happened (with the values), why, how to mend it, and where. `sure` is false where it is a guess.

    fix: code to type, or a deed. mend: the line to change, which often is not the one that raised; None if it is.
    """

    code: str
    what: Words
    why: Words = ""
    fix: Words = ""
    where: Place
    mend: Mend | None = None
    seen: tuple[Seen, ...] = ()
    sure: bool = True

    def guessed(self) -> "Finding":
        """The same as a guess."""
        return replace(self, sure=False)


def to_json(finding: Finding) -> dict[str, Any]:
    """The finding as `explain --json` and `check --json` write it, its texts in the language in use."""
    where, mend = finding.where, finding.mend
    return {
        "code": finding.code,
        "what": str(finding.what),
        "why": str(finding.why),
        "fix": str(finding.fix),
        "where": {
            "file": where.file, "line": where.line,
            "expression": where.expression or None, "module": where.module or None,
        },
        "mend": None if mend is None else {"file": mend.file, "line": mend.line, "old": mend.old, "new": mend.new},
        "seen": [
            {
                "name": seen.name, "shape": None if seen.shape is None else list(seen.shape),
                "dtype": seen.dtype, "device": seen.device,
            } | ({"text": str(seen.text)} if seen.text else {})
            for seen in finding.seen
        ],
        "sure": finding.sure,
    }  # fmt: skip
