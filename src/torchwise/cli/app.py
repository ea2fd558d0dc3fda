"""The list of commands."""

from cyclopts import App

import torchwise
from torchwise.cli.predict import predict
from torchwise.cli.test import test
from torchwise.cli.train import train
from torchwise.texts import tr


def build_app() -> App:
    """The whole command line, its texts in the language in use."""
    app = App(
        name="torchwise",
        version=torchwise.__version__,
        help=tr("From data to a trained, validated, tested and saved PyTorch model.\n\n"
            "--lang en or --lang zh, anywhere, chooses the language."),
        help_format="plaintext",
    )  # fmt: skip
    app.command(
        train,
        help=tr(
            "Train, validate, test and save a network on a table or a recipe.\n\n"
            "Example: torchwise train builtin:diabetes --target target"
        ),
    )
    app.command(
        test,
        help=tr(
            "Measure a saved run on labelled data.\n\nExample: torchwise test runs/diabetes-20260131-120000 more.csv"
        ),
    )
    app.command(
        predict,
        help=tr(
            "Predict with a saved run.\n\n"
            "Example: torchwise predict runs/diabetes-20260131-120000 new.csv --out predictions.csv"
        ),
    )
    return app
