"""torchwise predict: predictions of a saved run, with row ids."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from torchwise.cli.test import MODEL
from torchwise.texts import tr, trn


def predict(
    run: Annotated[Path, Parameter(help=tr("the run folder"))],
    data: Annotated[str, Parameter(help=tr("a CSV, TSV or Parquet file; its columns may stand in any order"))],
    /,
    *,
    out: Annotated[Path, Parameter(help=tr("the CSV file to write"))],
    model: Annotated[str | None, MODEL] = None,
) -> None:
    """Predict with a saved run."""
    from torchwise.data.reading import read_table
    from torchwise.runs.predictions import write_predictions
    from torchwise.runs.run import load
    from torchwise.train.recipe import load_model

    opened = load(run, model=load_model(model) if model else None)
    table = read_table(data)
    answers = opened.answers(table)
    write_predictions(out, answers, schema=opened.target_schema, table=table)
    print(trn("{count} row predicted: {out}", "{count} rows predicted: {out}", table.num_rows, out=out))
