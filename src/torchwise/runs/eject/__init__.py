"""A run as one plain PyTorch script, in the tutorial's shape, that gives the same losses bit for bit."""

from pathlib import Path
from typing import Any

from torchwise.errors import Problem
from torchwise.files import write_atomically
from torchwise.runs.eject.script import script_lines
from torchwise.runs.eject.source import read_facts
from torchwise.runs.eject.tables import csv_text, tables_of
from torchwise.texts import tr


def eject(folder: str | Path, out: str | Path, *, data: Any = None) -> list[Path]:
    """Write the script of a run, and the rows it reads as CSV beside it. Returns the files, the script first.

    data: the table again, where it is no longer where it was, or was a frame.
    Raises Problem for a run that is not one network on a table, for data that is missing or has changed, and where a
    file of that name is there already.
    """
    script = Path(out)
    if script.suffix != ".py":
        raise Problem(tr("{out} is not the name of a Python file", out=script), fix="--out train.py")
    _check_is_free([script])
    facts = read_facts(Path(folder), script.stem, data)
    texts = {script: "\n".join(script_lines(facts)) + "\n"}
    for name, table in tables_of(facts).items():
        texts[script.with_name(f"{script.stem}-{name}.csv")] = csv_text(table, facts)
    _check_is_free([*texts, script.with_suffix(".pt")])
    for path, text in texts.items():
        _write(path, text)
    return list(texts)


def _write(path: Path, text: str) -> None:
    """Write one file, line ends as they are."""
    write_atomically(path, lambda temporary: temporary.write_bytes(text.encode()))


def _check_is_free(paths: list[Path]) -> None:
    """A Problem if any of the files is there already."""
    taken = [str(path) for path in paths if path.exists()]
    if taken:
        raise Problem(
            tr("{files} is there already, and nothing is written over", files=" ".join(taken)),
            fix=tr("choose another name, or remove it"),
        )
