"""The list of commands."""

from collections.abc import Callable
from typing import Any

from cyclopts import App, Group
from cyclopts.help import DefaultFormatter
from rich.text import Text as RichText

import torchwise
from torchwise.cli.check import check
from torchwise.cli.eject import eject
from torchwise.cli.explain import explain
from torchwise.cli.learn import learn
from torchwise.cli.predict import predict
from torchwise.cli.report import report
from torchwise.cli.test import test
from torchwise.cli.train import train
from torchwise.texts import tr


class Formatter(DefaultFormatter):
    """The help pages of cyclopts, their one fixed word in the language in use."""

    def render_usage(self, console: Any, options: Any, usage: Any) -> None:
        """The first line of a page."""
        console.print(RichText(tr("Usage: {usage}", usage=usage), style="bold"))


def build_app() -> App:
    """The whole command line, its texts in the language in use."""
    app = App(
        name="torchwise",
        version=torchwise.__version__,
        help=tr("From data to a trained, validated, tested and saved PyTorch model.\n\n"
            "--lang en or --lang zh, anywhere, chooses the language."),
        help_format="plaintext",
        suppress_keyboard_interrupt=False,  # Ctrl-C is answered in one place, main
        help_formatter=Formatter(),
        group_commands=Group.create_default_commands(tr("Commands")),
        group_arguments=Group.create_default_arguments(tr("Arguments")),
        group_parameters=Group.create_default_parameters(tr("Flags")),
    )  # fmt: skip
    app["--help"].help = tr("show this text")
    app["--version"].help = tr("show the version")
    for command, text in commands():
        app.command(command, help=text)
    return app


def commands() -> tuple[tuple[Callable[..., Any], str], ...]:
    """The commands in the order of their use, each with what it does and an example."""
    return (
        (train, tr(
            "Train, validate, test and save a network on a table or a recipe.\n\n"
            "Example: torchwise train builtin:diabetes --target target")),
        (test, tr(
            "Measure a saved run on labelled data.\n\nExample: torchwise test runs/diabetes-20260131-120000 more.csv")),
        (predict, tr(
            "Predict with a saved run.\n\n"
            "Example: torchwise predict runs/diabetes-20260131-120000 new.csv --out predictions.csv")),
        (eject, tr(
            "Write a saved run as one plain PyTorch script that gives the same losses.\n\n"
            "Example: torchwise eject runs/diabetes-20260131-120000 --out train.py")),
        (report, tr(
            "Write the report of a saved run again, as one HTML file.\n\n"
            "Example: torchwise report runs/diabetes-20260131-120000 --lang zh")),
        (check, tr(
            "Rehearse a script or a recipe in seconds, leaving nothing behind: errors, silent bugs, memory.\n\n"
            "Example: torchwise check train.py --epochs 100")),
        (explain, tr(
            "Run a script as Python would, and explain its failure; show a code's page; explain a pasted error.\n\n"
            "Example: torchwise explain train.py --epochs 3")),
        (learn, tr(
            "Do the course: exercises in your own editor, graded at every save.\n\n"
            "Example: torchwise learn torchwise-course")),
    )  # fmt: skip
