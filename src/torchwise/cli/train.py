"""torchwise train: a table or a recipe in, a run folder and a verdict out."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from torchwise.errors import Problem
from torchwise.texts import tr

ROWS = Group(tr("Columns and rows"), sort_key=1)
NETWORK = Group(tr("Network"), sort_key=2)
TRAINING = Group(tr("Training"), sort_key=3)
RUN = Group(tr("Run"), sort_key=4)


def _flag(group: Group, text: str, **settings: Any) -> Parameter:
    """A flag with its help; "--no-..." twins only where they are asked for."""
    return Parameter(group=group, help=text, show_default=False, **({"negative": ()} | settings))


def train(
    data: Annotated[str | None, Parameter(help=tr("a CSV, TSV or Parquet file, builtin:NAME (breast-cancer diabetes wine survey), or a recipe.py"), show_default=False)] = None,
    /,
    *,
    target: Annotated[str | None, _flag(ROWS, tr("the column to predict"))] = None,
    task: Annotated[str | None, _flag(ROWS, tr("regression, binary or multi-class; found from the target if left out"))] = None,
    drop: Annotated[list[str] | None, _flag(ROWS, tr("a column to leave out (again for more)"))] = None,
    keep: Annotated[list[str] | None, _flag(ROWS, tr("a column to take in that would be left out, such as a row id"))] = None,
    kind: Annotated[list[str] | None, _flag(ROWS, tr("COL=KIND: number, category, yes/no, date or text"))] = None,
    valid_fraction: Annotated[float | None, _flag(ROWS, tr("share of the rows that aren't test rows; they choose the best epoch (0.2)"))] = None,
    test_fraction: Annotated[float | None, _flag(ROWS, tr("share of the rows kept for the verdict; 0 for none (0.15)"))] = None,
    valid: Annotated[str | None, _flag(ROWS, tr("a file of valid rows"))] = None,
    test: Annotated[str | None, _flag(ROWS, tr("a file of test rows; without the target column it is only predicted"))] = None,
    group: Annotated[str | None, _flag(ROWS, tr("rows with the same value in this column stay in one part"))] = None,
    time: Annotated[str | None, _flag(ROWS, tr("valid and test rows are the latest by this column"))] = None,
    folds: Annotated[int | None, _flag(ROWS, tr("train this many networks, each validated on its fold; they predict by their mean"))] = None,
    hidden: Annotated[str | None, _flag(NETWORK, tr("widths of the hidden layers, such as 64,32 (256,128)"))] = None,
    activation: Annotated[str | None, _flag(NETWORK, tr("by its torch name (ReLU)"))] = None,
    dropout: Annotated[float | None, _flag(NETWORK, tr("share of activations dropped while training (0.1)"))] = None,
    periodic: Annotated[bool | None, _flag(NETWORK, tr("embed each number by learnt cosines of it (where there are 30 train rows a number)"), negative=None)] = None,
    model: Annotated[str | None, _flag(NETWORK, tr("your own network: file.py:MyModel, called with the numbers of inputs and outputs"))] = None,
    loss: Annotated[str | None, _flag(TRAINING, tr("by its torch name (MSELoss, CrossEntropyLoss)"))] = None,
    optimizer: Annotated[str | None, _flag(TRAINING, tr("by its torch name (AdamW)"))] = None,
    lr: Annotated[float | None, _flag(TRAINING, tr("learning rate (0.001)"))] = None,
    momentum: Annotated[float | None, _flag(TRAINING, tr("for optimizers that have one, such as SGD"))] = None,
    weight_decay: Annotated[float | None, _flag(TRAINING, tr("the optimizer's own default if left out"))] = None,
    epochs: Annotated[int | None, _flag(TRAINING, tr("the most epochs (200)"))] = None,
    batch_size: Annotated[int | None, _flag(TRAINING, tr("samples a step (32 to 256, by the number of rows)"))] = None,
    schedule: Annotated[str | None, _flag(TRAINING, tr("of the learning rate, by its torch name: CosineAnnealingLR, OneCycleLR, StepLR, ExponentialLR, none (ReduceLROnPlateau)"))] = None,
    patience: Annotated[int | None, _flag(TRAINING, tr("stop after this many epochs without a better valid loss; 0 never stops early (20)"))] = None,
    clip: Annotated[float | None, _flag(TRAINING, tr("the largest gradient norm"))] = None,
    class_weights: Annotated[bool | None, _flag(TRAINING, tr("weigh rare classes up"))] = None,
    seed: Annotated[int | None, _flag(TRAINING, tr("of splits, weights, shuffling and dropout (0)"))] = None,
    device: Annotated[str | None, _flag(TRAINING, tr("cpu, cuda, cuda:1, mps; the first GPU that is there if left out"))] = None,
    workers: Annotated[int | None, _flag(TRAINING, tr("processes that load batches (0)"))] = None,
    preset: Annotated[str | None, _flag(TRAINING, tr("tutorial: the tutorial's demo, 64-32-1 on raw features, SGD 1e-5, 3,000 epochs"))] = None,
    out: Annotated[Path | None, _flag(RUN, tr("the run folder (runs/DATA-TIME)"))] = None,
    resume: Annotated[Path | None, _flag(RUN, tr("go on with the training in this run folder, to the same numbers as without the break"))] = None,
    no_check: Annotated[bool, _flag(RUN, tr("train without a short rehearsal of your own code before"))] = False,
    quiet: Annotated[bool, _flag(RUN, tr("only errors"))] = False,
) -> None:  # fmt: skip
    """Train, validate, test and save."""
    given = {
        name: value
        for name, value in locals().items()
        if name not in ("data", "out", "resume", "no_check", "quiet", "kind") and value is not None
    }
    from torchwise.cli.training import resume_run, train_from_recipe, train_from_table

    if resume is not None:
        others = {"out": out, "kind": kind}
        resume_run(resume, data, given | {name: value for name, value in others.items() if value}, quiet=quiet)
    elif data is None:
        raise Problem(
            tr("{command} needs {argument}", command="torchwise train", argument="DATA"),
            fix=tr("{command} --help shows every flag", command="torchwise train"),
        )
    elif data.endswith(".py"):
        train_from_recipe(
            Path(data), out, given | ({"kind": kind} if kind else {}), quiet=quiet, is_checked=not no_check
        )
    else:
        given["kinds"] = dict(_column_and_kind(word) for word in kind or ())
        train_from_table(data, out, given, quiet=quiet, is_checked=not no_check)


def _column_and_kind(word: str) -> tuple[str, str]:
    """The two sides of COL=KIND. Raises Problem if there is no "="."""
    column, equals, kind = word.rpartition("=")
    if not equals or not column:
        raise Problem(tr("--kind {word} does not say COL=KIND", word=word), fix=tr("--kind zip_code=category"))
    return column, kind
