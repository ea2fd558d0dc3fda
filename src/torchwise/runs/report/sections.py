"""The parts of the page about the run: verdict, learning curves, what was noticed, settings, how to repeat it."""

from torchwise.data.names import part_name
from torchwise.runs import verdict as verdicts
from torchwise.runs.report.content import Report
from torchwise.runs.report.markup import command, esc, figure, figures, folded, heading, paragraphs, section, table
from torchwise.runs.report.plots import draw_curves
from torchwise.runs.report.say_curves import say_curves
from torchwise.runs.report.words import count
from torchwise.runs.verdict import format_metric
from torchwise.texts import tr


def verdict_section(report: Report) -> str:
    """The verdict in a sentence and its table, then the metrics of the other parts."""
    verdict = report.verdict
    parts = []
    if verdict is not None:
        said = verdicts.sentence(verdict)
        parts.append(paragraphs([said[:1].upper() + said[1:]], "verdict"))
        rows = [[esc(tr("the network")), *map(format_metric, verdict.metrics.values()), ""]]
        rows += [
            [
                esc(verdicts.rival_name(rival.name, verdict.task)),
                *(format_metric(rival.metrics[name]) for name in verdict.metrics),
                esc(verdicts.advantage(rival)),
            ]
            for rival in verdict.rivals
        ]
        header = ["", *map(esc, verdict.metrics), esc(tr("the network is [95 % interval]"))]
        parts.append(table(header, rows, numbers=len(verdict.metrics), kind="wide"))
    elif report.kind != "parts":
        parts.append(paragraphs([tr("No test rows were kept, so there is no verdict.")], "verdict"))
    others = {name: found for name, found in report.metrics.items() if verdict is None or name != "test"}
    if others:
        names = list(dict.fromkeys(name for found in others.values() for name in found))
        rows = [
            [esc(_rows_of(part)), *(format_metric(found[name]) if name in found else "" for name in names)]
            for part, found in others.items()
        ]
        parts.append(table(["", *map(esc, names)], rows, numbers=-1, kind="wide"))
    return section(tr("Verdict") if report.kind != "parts" else tr("Result"), *parts)


def curves_section(report: Report) -> str:
    """How the losses went."""
    if not any(curve.epochs for curve in report.curves):
        return ""
    said = [_ending(report), *say_curves(report.curves)]
    return section(tr("Learning curves"), figures([figure(draw_curves(report.curves), tr("Loss by epoch"), said)]))


def noticed_section(report: Report) -> str:
    """What the reader noticed of the data, and the columns."""
    notes = "".join(f"<li>{esc(note)}</li>" for note in report.notes)
    left_out = [column for column in report.columns if not column.used]
    used = [column for column in report.columns if column.used]
    parts = [f"<ul>{notes}</ul>" if notes else ""]
    if left_out:
        rows = [[esc(column.name), esc(_kind(column.kind)), esc(column.why or "")] for column in left_out]
        parts.append(heading(tr("Columns left out")))
        parts.append(table([esc(tr("column")), esc(tr("kind")), esc(tr("why"))], rows))
    if used:
        rows = [
            [esc(column.name), esc(_kind(column.kind)), count(column.missing) if column.missing else "",
             esc(column.why or "")]
            for column in used
        ]  # fmt: skip
        header = [esc(tr("column")), esc(tr("kind")), esc(tr("missing train values")), ""]
        shown = table(header, rows)
        parts.append(folded(tr("The {count} columns that the network sees", count=len(used)), shown))
    return section(tr("What was noticed in the data"), *parts)


def settings_section(report: Report) -> str:
    """The settings, those that differ from the defaults first; versions; the command."""
    changed = [setting for setting in report.settings if setting.is_changed]
    others = [setting for setting in report.settings if not setting.is_changed]
    parts = []
    if changed:
        rows = [[esc(setting.name), esc(setting.value), esc(setting.default)] for setting in changed]
        parts.append(table([esc(tr("differs from the default")), esc(tr("value")), esc(tr("default"))], rows))
    if others:
        shown = table([esc(tr("setting")), esc(tr("value"))], [[esc(entry.name), esc(entry.value)] for entry in others])
        parts.append(folded(tr("All other settings"), shown))
    words = {"device": tr("device"), "threads": tr("threads"), "seed": tr("seed"), "platform": tr("system")}
    facts = [
        (tr("made"), report.made),
        *((words.get(name, name), value) for name, value in report.versions.items()),
        (tr("data"), report.source),
        ("sha256", report.sha256),
    ]
    rows = [[esc(name), esc(value)] for name, value in facts if value]
    parts.append(heading(tr("Made with")))
    parts.append(table(["", ""], rows, kind="facts"))
    if report.command:
        parts.append(heading(tr("To repeat it")))
        parts.append(command(report.command))
    return section(tr("Settings and versions"), *parts)


def _ending(report: Report) -> str:
    """Why the training stopped."""
    if report.kind == "folds":
        return tr("{folds} networks were trained, one a fold.", folds=report.num_folds)
    return {
        "epochs done": tr("All {epochs} epochs were done.", epochs=report.epochs),
        "no better": tr("The training stopped after epoch {epochs}: no better for a while.", epochs=report.epochs),
        "interrupted": tr("The training was interrupted after epoch {epochs}.", epochs=report.epochs),
        "not finite": tr("The training stopped at epoch {epochs}: the loss was no longer a number.",
                         epochs=report.epochs),
    }.get(report.ending, "")  # fmt: skip


def _rows_of(part: str) -> str:
    """The rows of a part in words."""
    return {
        "out_of_fold": tr("out-of-fold rows"), "valid": tr("valid rows"), "test": tr("test rows"),
    }.get(part) or part_name(part)  # fmt: skip


def _kind(kind: str) -> str:
    """A kind of column in the reader's language."""
    return {
        "number": tr("number"), "yes/no": tr("yes/no"), "category": tr("category"), "date": tr("date"),
        "text": tr("text"), "id": tr("row id"), "constant": tr("constant"),
    }.get(kind, kind)  # fmt: skip
