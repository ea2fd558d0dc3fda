"""A summary as text: a table for each model, fit into the width there is."""

from collections.abc import Iterator, Sequence

from torchwise.doctor.render import columns, padded, wrapped
from torchwise.rehearsal.summary.called import Summary
from torchwise.rehearsal.summary.epoch import Epoch
from torchwise.rehearsal.summary.lines import Line, lines_of
from torchwise.rehearsal.summary.models import ModelSummary
from torchwise.texts import tr, trn

GAP = "  "
UNITS = ("", " k", " M", " G", " T", " P")
NAMES = 10  # columns that the name and kind of a module are given at least


def drawn(summary: Summary, width: int) -> str:
    """The tables, and below them what an epoch takes."""
    parts = ["\n".join(_model(model, width)) for model in summary.models]
    said = []
    if summary.more:
        said.append(trn("{count} more model", "{count} more models", summary.more))
    if summary.epoch is not None:
        said += wrapped(_epoch(summary.epoch), width)
    return "\n\n".join([*parts, *(["\n".join(said)] if said else [])])


def _model(model: ModelSummary, width: int) -> Iterator[str]:
    whole = model.rows[0] if model.rows else None
    kind = whole.kind if whole is not None else ""
    given = ", ".join(f"{shape} {dtype}" for shape, dtype in model.given)
    title = f"{model.name}: {kind}" if model.name and model.name != kind else kind
    yield from wrapped(tr("{model}, given {tensors}", model=title, tensors=given) if given else title, width)
    lines = lines_of(model.rows)
    if lines:
        yield from _table(lines, width)
    yield from wrapped(_totals(model), width)
    if model.unknown:
        yield from wrapped(
            tr("its operations and activations are not known: it can't run without numbers ({reason})",
               reason=model.unknown), width)  # fmt: skip


def _totals(model: ModelSummary) -> str:
    """Trainable and frozen parameters; operations and activations of the whole."""
    frozen = tr("{count} frozen", count=f"{model.frozen:,}") if model.frozen else ""
    trainable = tr("parameters: {count} trainable", count=f"{model.trainable:,}")
    said = [f"{trainable} + {frozen}" if frozen else trainable]
    whole = model.rows[0] if model.rows else None
    if whole is not None and whole.flops is not None and whole.activations is not None:
        said.append(tr("one forward pass: {operations}FLOPs, {size} of activations kept",
                       operations=_short(whole.flops) + ("" if _short(whole.flops)[-1:].isalpha() else " "),
                       size=_bytes(whole.activations)))  # fmt: skip
    return "   ".join(said)


def _table(lines: Sequence[Line], width: int) -> Iterator[str]:
    """The lines in columns: the dtype is left out first where there is little room, then numbers are shortened."""
    for shape in (_wide, _middling, _narrow):
        heads, rows = shape(lines)
        widths = [max(map(columns, column)) for column in zip(heads, *rows, strict=True)]
        if sum(widths) + len(GAP) * (len(widths) - 1) <= width:
            break
    else:
        room = width - sum(widths[1:]) - len(GAP) * (len(widths) - 1)
        widths[0] = min(widths[0], max(NAMES, room))
    yield _joined(heads, widths)
    for line, row in zip(lines, rows, strict=True):
        if line.left_out:
            yield trn("... {count} line more ...", "... {count} lines more ...", line.left_out)
        else:
            yield _joined(row, widths)


def _wide(lines: Sequence[Line]) -> tuple[list[str], list[list[str]]]:
    heads = [tr("module"), tr("kind"), tr("output"), tr("dtype"), tr("parameters"), tr("FLOPs"), tr("activations")]
    return heads, [[_name(line), _kind(line), _shape(line), line.row.dtype, *_numbers(line)] for line in lines]


def _middling(lines: Sequence[Line]) -> tuple[list[str], list[list[str]]]:
    heads = [tr("module"), tr("kind"), tr("output"), tr("parameters"), tr("FLOPs"), tr("activations")]
    return heads, [[_name(line), _kind(line), _shape(line), *_numbers(line)] for line in lines]


def _narrow(lines: Sequence[Line]) -> tuple[list[str], list[list[str]]]:
    heads = [tr("module"), tr("output"), tr("params"), tr("FLOPs"), tr("kept")]
    rows = [
        [f"{_name(line)} {_kind(line)}", _shape(line), _short(line.row.parameters) or "-", *_numbers(line)[1:]]
        for line in lines
    ]
    return heads, rows


def _name(line: Line) -> str:
    return "  " * line.depth + line.name


def _kind(line: Line) -> str:
    return line.row.kind if line.count == 1 else f"{line.count} x {line.row.kind}"


def _shape(line: Line) -> str:
    return "-" if line.row.shape is None else str(line.row.shape)


def _numbers(line: Line) -> list[str]:
    row = line.row
    return [
        f"{row.parameters:,}" if row.parameters else "-",
        "-" if not row.flops else _short(row.flops),
        "-" if not row.activations else _bytes(row.activations),
    ]


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The cells in their columns, the last three, which are numbers, to the right."""
    first = len(cells) - 3
    placed = [
        padded(_cut(cell, width), width) if number < first else " " * (width - columns(cell)) + cell
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return GAP.join(placed).rstrip()


def _cut(text: str, width: int) -> str:
    """The text, its end left out where it is too long."""
    if columns(text) <= width:
        return text
    while columns(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _short(number: float) -> str:
    """Three digits and a unit: 23.5 M."""
    unit = 0
    while number >= 999.5 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.3g}{UNITS[unit]}" if number else ""


def _bytes(size: int) -> str:
    """98.5 MiB."""
    number, unit = float(size), 0
    while number >= 1023.5 and unit < 4:
        number, unit = number / 1024, unit + 1
    return (
        f"{number:.0f} B"
        if unit == 0
        else f"{number:.3g} {'KMGT'[unit - 1]}iB"
        if number < 1000
        else f"{number:.0f} {'KMGT'[unit - 1]}iB"
    )


def _epoch(epoch: Epoch) -> str:
    """An epoch takes 3.2 min on this machine, at most: what the watch itself takes is not all known."""
    seconds, step = _duration(epoch.seconds), _duration(epoch.step_s)
    if epoch.has_evaluation:
        return tr("an epoch here: at most about {time} (steps: {steps} of {step} each; with its evaluation)",
                  time=seconds, steps=f"{epoch.steps:,}", step=step)  # fmt: skip
    return tr("an epoch here: at most about {time} (steps: {steps} of {step} each)",
              time=seconds, steps=f"{epoch.steps:,}", step=step)  # fmt: skip


def _duration(seconds: float) -> str:
    """2.4 ms, 3.1 s, 12 min, 1.5 h."""
    for limit, size, unit in ((1.0, 1e-3, "ms"), (120.0, 1.0, "s"), (7200.0, 60.0, "min")):
        if seconds < limit:
            return f"{max(seconds / size, 0.1):.2g} {unit}" if seconds / size < 100 else f"{seconds / size:.0f} {unit}"
    return f"{seconds / 3600:.3g} h"
