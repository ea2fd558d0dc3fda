"""Names in messages: lists that stay short, and the near miss that was probably meant."""

import difflib
from collections.abc import Collection, Iterable

from torchwise.texts import tr

SHOWN = 12  # names of a list that are shown before it is cut


def listed(names: Iterable[str], shown: int = SHOWN) -> str:
    """The names in quotes with commas between, the tail of a long list as a count."""
    names = list(names)
    text = ", ".join(quoted(name) for name in names[:shown])
    if len(names) > shown:
        text = tr("{names} and {count} more", names=text, count=f"{len(names) - shown:,}")
    return text


def quoted(value: object, longest: int = 40) -> str:
    """A value or name in quotes on one line, cut if it is long."""
    text = str(value)
    if len(text) > longest:
        text = text[: longest - 3] + "..."
    return repr(text)


def close_name(wrong: str, known: Collection[str]) -> str | None:
    """The known name that was probably meant, or None."""
    lowered: dict[str, str] = {}
    for name in known:
        lowered.setdefault(name.casefold().strip(), name)
    matches = difflib.get_close_matches(wrong.casefold().strip(), list(lowered), n=1, cutoff=0.7)
    return lowered[matches[0]] if matches else None


def did_you_mean(wrong: str, known: Collection[str]) -> str:
    """Each wrong name in quotes with the near miss behind it, if there is one."""
    if (name := close_name(wrong, known)) is not None:
        return tr("{wrong} (did you mean {name}?)", wrong=quoted(wrong), name=quoted(name))
    return quoted(wrong)


def part_name(name: str) -> str:
    """A part of the rows in the reader's language."""
    known = {"train": tr("train"), "valid": tr("valid"), "test": tr("test"), "test file": tr("test file")}
    return known.get(name, name)
