"""The calls behind torchwise train; imported only when something is trained, since they bring torch."""

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from torchwise.errors import Problem
from torchwise.runs.summary import print_outcome, print_plan
from torchwise.runs.training import train_parts, train_table
from torchwise.texts import tr
from torchwise.train.options import Options
from torchwise.train.plan import plan_table
from torchwise.train.recipe import load_model, load_recipe, user_code

OF_RECIPE = ("epochs", "patience")


def train_from_table(data: str, out: Path | None, given: dict[str, Any], *, quiet: bool) -> None:
    """Train on a table with the flags that were given."""
    console = Console(quiet=quiet)
    for name in ("drop", "keep"):
        given[name] = tuple(given.get(name, ()))
    if "hidden" in given:
        given["hidden"] = _widths(given["hidden"])
    own_model = given.get("model")
    if own_model:
        given["model"] = load_model(own_model)
    plan = plan_table(data, Options.of(**given))
    print_plan(plan, console)
    folder = out or _run_folder(plan.table.name)
    with user_code(Path(own_model.rpartition(":")[0])) if own_model else nullcontext():
        outcome = train_table(plan, folder, console)
    print_outcome(outcome, console)
    _raise_if_interrupted(outcome.ending)


def train_from_recipe(recipe: Path, out: Path | None, given: dict[str, Any], *, quiet: bool) -> None:
    """Train the Setup that a recipe makes."""
    others = [name for name in given if name not in OF_RECIPE]
    if others:
        raise Problem(
            tr("{flags} do not go with a recipe", flags=" ".join("--" + name.replace("_", "-") for name in others)),
            why=tr("the recipe's Setup says everything but {names}", names=" ".join(f"--{name}" for name in OF_RECIPE)),
            fix=tr("say it in {recipe}: Setup(...)", recipe=recipe),
        )
    console = Console(quiet=quiet)
    setup = load_recipe(recipe)
    options = Options(**given)
    with user_code(recipe):
        outcome = train_parts(
            setup,
            out or _run_folder(recipe.stem),
            console,
            epochs=options.epochs,
            patience=options.patience if setup.valid is not None else 0,
        )
    print_outcome(outcome, console)
    _raise_if_interrupted(outcome.ending)


def _run_folder(name: str) -> Path:
    """runs/NAME-TIME, with a number behind it where two runs start in one second."""
    stem = Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = stem, 2
    while folder.exists():
        folder, number = stem.with_name(f"{stem.name}-{number}"), number + 1
    return folder


def _widths(word: str) -> tuple[int, ...]:
    """Hidden widths from "64,32". Raises Problem for anything else."""
    try:
        return tuple(int(width) for width in word.replace(",", " ").split())
    except ValueError as error:
        raise Problem(tr("--hidden {word} is not a list of widths", word=word), fix=tr("--hidden 64,32")) from error


def _raise_if_interrupted(ending: str) -> None:
    """After all was saved and said, let Ctrl-C be Ctrl-C: the exit status is 130."""
    if ending == "interrupted":
        raise KeyboardInterrupt
