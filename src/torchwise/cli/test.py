"""torchwise test: metrics of a saved run on labelled data."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from torchwise.texts import tr

MODEL = Parameter(help=tr("your own network, if the run has one: file.py:MyModel"), show_default=False)


def test(
    run: Annotated[Path, Parameter(help=tr("the run folder"))],
    data: Annotated[str, Parameter(help=tr("a CSV, TSV or Parquet file with the target column, or builtin:NAME"))],
    /,
    *,
    model: Annotated[str | None, MODEL] = None,
    json: Annotated[Path | None, Parameter(help=tr("also write the metrics to this file"), show_default=False)] = None,
) -> None:
    """Measure a saved run on labelled data."""
    from rich.console import Console

    from torchwise.data.reading import read_table
    from torchwise.files import write_json
    from torchwise.runs.run import load
    from torchwise.runs.verdict import format_metric
    from torchwise.train.recipe import load_model

    opened = load(run, model=load_model(model) if model else None)
    table = read_table(data)
    found = opened.test(table)
    Console().print("  ".join(f"{name} {format_metric(value)}" for name, value in found.items()), highlight=False)
    if table.sha256 == opened.data_sha256:
        said = tr("note: this is the file the run was trained on, so the figures flatter it")
        Console().print(said, style="yellow", highlight=False, soft_wrap=True)
    if json is not None:
        write_json(json, found)
