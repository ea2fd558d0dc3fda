"""Making the report: at the end of a training, and again later from report.json alone."""

from pathlib import Path

from rich.console import Console

from torchwise.errors import Problem
from torchwise.files import read_json, write_atomically, write_json
from torchwise.runs.report.collect import collect
from torchwise.runs.report.content import FORMAT, Report
from torchwise.runs.report.page import draw_page
from torchwise.runs.report.strict import from_json, to_json
from torchwise.runs.run import ABOUT, Run
from torchwise.runs.verdict import Verdict
from torchwise.texts import tr
from torchwise.train.plan import Plan

NUMBERS, PAGE = "report.json", "report.html"


def write_report(
    folder: Path, plan: Plan | None = None, run: Run | None = None, verdict: Verdict | None = None
) -> Path:
    """Write report.json and report.html into the folder of a finished run; returns the page's path.

    plan, run: of a run on a table; without them the report tells what is known of plain parts.
    """
    write_json(folder / NUMBERS, to_json(collect(folder, plan, run, verdict)))
    return rewrite_page(folder)


def report_at_end(console: Console, folder: Path, *, of: tuple[Plan, Run, Verdict | None] | None = None) -> None:
    """Write the report of a training that is over and saved; if that fails, say so, and let the training count.

    of: the plan, the run and the verdict of a run on a table; None for plain parts.
    """
    try:
        with console.status(tr("writing the report")):
            write_report(folder, *(of or ()))
    except Exception as error:  # whatever it is, hours of training stand behind it
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        console.print(
            tr("note: {text}", text=tr("the report could not be written: {reason}", reason=reason)),
            style="yellow", highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip


def rewrite_page(folder: Path) -> Path:
    """Write report.html again, in the language in use, from report.json; returns its path.

    Raises Problem if the folder is no run, has no report.json, or one that torchwise does not write.
    """
    if not (folder / ABOUT).is_file():
        raise Problem(
            tr("{folder} is not a run: it has no {file}", folder=folder, file=ABOUT),
            fix=tr("name a folder that torchwise train or save() made, such as {example}", example="runs/..."),
        )
    if not (folder / NUMBERS).is_file():
        raise Problem(
            tr("{folder} has no {file}", folder=folder, file=NUMBERS),
            why=tr("a report is made at the end of a training; this run was made by save(), or by an older version"),
            fix=tr("train again with this version of torchwise"),
        )
    page = _drawn(read_json(folder / NUMBERS), folder)
    write_atomically(folder / PAGE, lambda path: path.write_text(page, encoding="utf-8"))
    return folder / PAGE


def _drawn(data: object, folder: Path) -> str:
    """The page of what report.json holds."""
    if isinstance(data, dict) and data.get("format") != FORMAT:
        raise Problem(
            tr("{file} is of another format than this torchwise knows", file=folder / NUMBERS),
            fix=tr("open it with the version that wrote it"),
        )
    try:
        return draw_page(from_json(Report, data))
    except (ArithmeticError, LookupError, ValueError) as error:  # numbers that fit their places but not each other
        raise Problem(
            tr("{path} is damaged", path=folder / NUMBERS),
            why=str(error),
            fix=tr("use another copy of the run, or train again"),
        ) from error
