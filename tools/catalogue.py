"""Collect the messages from the source into the Chinese catalogue, and compile it.

python tools/catalogue.py            update torchwise.po from the source and compile torchwise.mo
python tools/catalogue.py --check    say what is missing or stale; exit 1 if anything is
"""

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parent.parent / "src" / "torchwise"
FOLDER = SOURCE / "locale" / "zh" / "LC_MESSAGES"
PO, MO = FOLDER / "torchwise.po", FOLDER / "torchwise.mo"
KEYWORDS = {"tr": None, "note": None, "trn": (1, 2)}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
FIELD = re.compile(r"{(\w+)[^}]*}")


def collect() -> Catalog:
    """The messages of the source, without translations and without line numbers (they would change every day)."""
    catalogue = Catalog(locale="zh", fuzzy=False)
    found = extract_from_dir(SOURCE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=())
    for file, _line, message, _comments, _context in sorted(found, key=lambda row: (row[0], row[1])):
        catalogue.add(message, locations=[(file, 0)])
    return catalogue


def load() -> Catalog:
    """The Chinese catalogue as it is kept."""
    if not PO.exists():
        return Catalog(locale="zh", fuzzy=False)
    with PO.open("rb") as file:
        return read_po(file, locale="zh")


def updated() -> Catalog:
    """The kept translations of the messages that the source has now."""
    catalogue, kept = collect(), load()
    for message in catalogue:
        if message.id and (old := kept.get(message.id)):
            message.string = old.string
    return catalogue


def faults(catalogue: Catalog) -> list[str]:
    """What keeps the catalogue from being complete: no translation, or other values than the message has."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if not all(strings):
            found.append(f"not translated: {originals[0]!r}")
        elif any(set(FIELD.findall(string)) != set(FIELD.findall(originals[-1])) for string in strings):
            found.append(f"other values than the message: {originals[0]!r} -> {strings[0]!r}")
    return found


def compiled(catalogue: Catalog) -> bytes:
    """The .mo file of a catalogue. No dates: the same messages always give the same bytes."""
    buffer = io.BytesIO()
    bare = Catalog(locale="zh", fuzzy=False, header_comment="", creation_date=EPOCH, revision_date=EPOCH)
    for message in catalogue:
        if message.id:
            bare.add(message.id, message.string)
    write_mo(buffer, bare)
    return buffer.getvalue()


def main(words: list[str]) -> int:
    """Update or check. Returns the exit status."""
    catalogue = updated()
    found = faults(catalogue)
    if words == ["--check"]:
        if {m.id for m in load() if m.id} != {m.id for m in catalogue if m.id}:
            found.append("torchwise.po is not that of the source: run `make texts`")
        if not MO.exists() or MO.read_bytes() != compiled(load()):
            found.append("torchwise.mo is not that of torchwise.po: run `make texts`")
    else:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with PO.open("wb") as file:
            write_po(file, catalogue, width=0, omit_header=True, no_location=False, include_lineno=False)
        MO.write_bytes(compiled(catalogue))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
