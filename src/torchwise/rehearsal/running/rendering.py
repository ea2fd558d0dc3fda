"""A rehearsal as a person reads it: the findings, what was not rehearsed, what was kept from happening, the end."""

import os
from collections.abc import Iterator

from torchwise.doctor.render import render, short, wrapped
from torchwise.finding import Place
from torchwise.rehearsal.running.answer import Answer
from torchwise.rehearsal.running.kept import KINDS, Kept
from torchwise.rehearsal.summary.drawing import drawn
from torchwise.texts import tr, trn

MOST_STRETCHES, MOST_KEPT = 8, 4


def rendered(answer: Answer, *, colored: bool = False, width: int = 100) -> str:
    """The whole report but a Problem, which is shown as such."""
    parts = [render(group, colored=colored, width=width) for group in answer.all_groups]
    if answer.summary is not None and answer.status == 0 and (text := drawn(answer.summary, width)):
        parts.append(text)
    if answer.memory:
        parts.append("\n".join(_hung(line, width) for line in answer.memory["lines"]))
    said = [
        *_stopped(answer),
        *_not_rehearsed(answer, width),
        *_kept(answer),
        *(tr("data: {text}", text=text) for text in answer.data),
    ]
    parts += ["\n".join(said)] if said else []
    if not answer.problem:
        parts.append(_end(answer))
    return "\n\n".join(parts)


def _hung(line: str, width: int) -> str:
    """A line broken to the width, what comes further under its beginning."""
    indent = " " * (len(line) - len(line.lstrip()))
    first, *more = wrapped(line.lstrip(), width - len(indent) - 4)
    return "\n".join([indent + first, *(indent + "    " + piece for piece in more)]).replace("\u00a0", " ")


def _stopped(answer: Answer) -> Iterator[str]:
    if answer.stopped:
        yield tr("stopped at {place}: the time was over; what comes behind it was not rehearsed",
                 place=_relative(answer.stopped))  # fmt: skip


def _not_rehearsed(answer: Answer, width: int) -> Iterator[str]:
    """Not rehearsed: train.py lines 80-95 (export), 101; other.py lines 3-7."""
    files: dict[str, list[str]] = {}
    for stretch in answer.not_rehearsed[:MOST_STRETCHES]:
        lines = f"{stretch.first}-{stretch.last}" if stretch.last > stretch.first else str(stretch.first)
        files.setdefault(stretch.file, []).append(f"{lines} ({stretch.name})" if stretch.name else lines)
    shown = [tr("{file} lines {lines}", file=_relative(file), lines=", ".join(lines)) for file, lines in files.items()]
    if (more := len(answer.not_rehearsed) - MOST_STRETCHES) > 0:
        shown.append(trn("{count} more block", "{count} more blocks", more))
    if shown:
        yield "\n    ".join(wrapped(tr("not rehearsed: {lines}", lines="; ".join(shown)), width - 4))


def _kept(answer: Answer) -> Iterator[str]:
    """Kept from happening, a line each, by kind."""
    if answer.kept:
        yield tr("kept from happening:")
    for kind, label in KINDS.items():
        of_kind = [kept for kept in answer.kept if kept.kind == kind]
        for kept in of_kind[:MOST_KEPT]:
            yield "    " + _line(kept, str(label))
        if len(of_kind) > MOST_KEPT:
            yield "    " + trn("{label}: {count} more", "{label}: {count} more", len(of_kind) - MOST_KEPT, label=label)


def _line(kept: Kept, label: str) -> str:
    is_path = kept.kind in ("write", "delete", "refused")
    what = _relative(kept.what) if is_path else kept.what
    return tr("{label}: {what}   {place}", label=label, what=what, place=short(Place(file=kept.file, line=kept.line)))


def _relative(path: str) -> str:
    """A path as seen from the current folder, where it lies in it."""
    try:
        inside = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    ending = os.sep if path.endswith(os.sep) else ""
    return path if inside.startswith("..") else inside + ending


def _end(answer: Answer) -> str:
    """How it came out, in a sentence."""
    seconds = f"{answer.seconds:.1f}"
    if sure := answer.num_sure:
        return trn("rehearsed in {seconds} s: {count} fault", "rehearsed in {seconds} s: {count} faults", sure,
                   seconds=seconds)  # fmt: skip
    if answer.all_groups:
        return tr("rehearsed in {seconds} s: nothing sure, see what is said above", seconds=seconds)
    if answer.summary is None:
        return tr("rehearsed in {seconds} s: no model ran, so nothing was rehearsed that trains", seconds=seconds)
    return tr("rehearsed in {seconds} s: nothing found", seconds=seconds)
