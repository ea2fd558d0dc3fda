"""A pasted error or traceback: the codes that fit it, with what can be read from the text alone."""

import re
from collections.abc import Iterator

from torchwise.doctor.said import Said
from torchwise.doctor.said.all import SAID
from torchwise.doctor.source import is_user_file
from torchwise.finding import Finding, Place, Seen, Words
from torchwise.texts import Text, note

MOST = 3
MOST_READ = 30_000  # characters of a log are looked at: an error stands at its end
ERROR_LINE = re.compile(
    r"^(?:[\w.]+\.)?(?P<kind>[A-Z]\w*(?:Error|Exception|Interrupt|Warning|Iteration))(?:: |:?$)", re.M
)
FRAME = re.compile(
    r"^\s*File \"(?P<file>[^\"]+)\", line (?P<line>\d+)(?:, in (?P<function>.+))?$\n?(?P<source>.*)$", re.M
)
CELL = re.compile(
    r"^(?:<ipython-input-\S+>|Cell In\s*\[?\d+\]?|Input In \[\d+\]|(?P<file>/\S+?\.py))"
    r"(?:, line |:|\s+in\s+.*?\n-+> |.*?\n(?:.*\n)*?-+> )(?P<line>\d+)(?P<source>.*)",
    re.M,
)
FORETOLD = re.compile(  # what CUDA, and the system, print before the exception that is raised for it
    r"\w+\.(?:cuh?|cpp|c):\d+:.{1,500}?\bfailed\b|Assertion\s.{1,200}?\bfailed\b|Unexpected\s+bus\s+error.{0,200}"
    r"|Caught\s+\w+\s+in\s+DataLoader\s+worker",
    re.S,
)
THREAD = re.compile(r"(?:block|thread):\s*\[[\d,\s]*\],?\s*")
SIZES = re.compile(r"[\[(]\d+(?:, ?\d+)*,?[\])]|\b\d+x\d+(?:x\d+)*\b")


def explain_text(text: str) -> list[Finding]:
    """The findings that fit a text, the likeliest first; TW000 alone where nothing is known.

    Without the program there are no tensors to look at, so a finding is a guess unless the text leaves no other cause.
    """
    text = text[-MOST_READ:]
    place = place_in(text)
    error = error_in(text)
    looked_at = "\n".join([*_foretold(text), error])
    found: list[Finding] = []
    for entry in SAID:
        if entry.code not in {finding.code for finding in found} and (match := entry.search(looked_at)):
            found.append(_finding(entry, match, place))
    found.sort(key=lambda finding: not finding.sure)
    if not found:
        first = error.strip().splitlines()[0] if error.strip() else ""
        shown = tuple(Seen(name="", text=size) for size in dict.fromkeys(SIZES.findall(error)))[:4]
        found.append(
            Finding(
                code="TW000", what=note("{error}", error=first), where=place, seen=shown, sure=False,
                why=note("the text alone does not tell more; torchwise explain script.py sees the tensors"),
            )
        )  # fmt: skip
    return found[:MOST]


def error_in(text: str) -> str:
    """The error's own words: from the last line that names an exception on; the whole text if none does."""
    lines = list(ERROR_LINE.finditer(text))
    if not lines:
        return text
    return text[lines[-1].start() :]


def _foretold(text: str) -> list[str]:
    """What CUDA and the workers print before the exception: each failed check once, though every thread says it."""
    checks: dict[str, str] = {}
    for match in FORETOLD.finditer(text[: len(text) - len(error_in(text))]):
        checks.setdefault(THREAD.sub("", match[0]), match[0])
    return list(checks.values())


def place_in(text: str) -> Place:
    """The user's innermost frame that a traceback names; an empty place where it names none."""
    frames = [m for m in FRAME.finditer(text) if is_user_file(m["file"]) and not _is_foreign(m["file"])]
    if frames:
        last = frames[-1]
        return Place(file=last["file"], line=int(last["line"]), source=last["source"].strip())
    cells = [m for m in CELL.finditer(text) if not (m["file"] and _is_foreign(m["file"]))]
    if cells:
        return Place(
            file=cells[-1]["file"] or "notebook", line=int(cells[-1]["line"]), source=cells[-1]["source"].strip()
        )
    return Place(file="", line=0)


def _is_foreign(file: str) -> bool:
    """Whether a file of another machine is a library's."""
    path = file.replace("\\", "/")
    return bool(re.search(r"/(site|dist)-packages/|/lib/python3|/Lib/|/torch/|<frozen|<string>|/runpy\.py", path))


def _finding(entry: Said, match: re.Match[str], place: Place) -> Finding:
    """The finding of a pattern, its fields filled from the text."""
    groups = {name: value if value is not None else "?" for name, value in match.groupdict().items()}
    return Finding(
        code=entry.code, what=_filled(entry.what, groups), why=_filled(entry.why, groups),
        fix=_filled(entry.fix, groups), where=place, sure=entry.sure,
    )  # fmt: skip


def _filled(words: Words, groups: dict[str, str]) -> Words:
    """The words with the groups of the pattern in place of their {names}; in a note, in its values."""
    if not isinstance(words, Text):
        return _read(words, groups)
    values = {name: _read(value, groups) if isinstance(value, str) else value for name, value in words.values.items()}
    return Text(words.message, {**groups, **values})


def _read(template: str, groups: dict[str, str]) -> str:
    """A template's {names} replaced by the groups of these names; other braces stay."""
    return re.sub(r"\{(\w+)\}", lambda field: groups.get(field[1], field[0]), template)


def fits(text: str) -> Iterator[str]:
    """The codes whose patterns fit a text, in order."""
    yield from dict.fromkeys(entry.code for entry in SAID if entry.search(text))
