"""The calls behind torchwise train; imported only when something is trained, since they bring torch."""

import hashlib
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from torchwise.errors import Problem
from torchwise.runs.resuming import changed, describe_resumable, differences, plan_again
from torchwise.runs.run import ABOUT
from torchwise.runs.summary import print_outcome, print_plan
from torchwise.runs.training import Outcome, train_parts, train_table
from torchwise.texts import tr
from torchwise.train.options import Options
from torchwise.train.plan import fold_plans, plan_table
from torchwise.train.prepare import build_setup
from torchwise.train.recipe import load_model, load_recipe, user_code

OF_RECIPE = ("epochs", "patience")


def train_from_table(data: str, out: Path | None, given: dict[str, Any], *, quiet: bool, is_checked: bool) -> None:
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
        if own_model and is_checked:
            from torchwise.cli.checking import check_first, place_of_model

            first = fold_plans(plan)[0] if plan.options.folds else plan
            check_first(build_setup(first), place_of_model(plan.options.model), console)
        outcome = train_table(plan, folder, console)
    print_outcome(outcome, console)
    _raise_if_interrupted(outcome.ending)


def train_from_recipe(recipe: Path, out: Path | None, given: dict[str, Any], *, quiet: bool, is_checked: bool) -> None:
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
        if is_checked:
            from torchwise.cli.checking import check_first, place_of_recipe

            check_first(setup, place_of_recipe(recipe), console)
        outcome = train_parts(
            setup,
            out or _run_folder(recipe.stem),
            console,
            recipe=recipe,
            epochs=options.epochs,
            patience=options.patience if setup.valid is not None else 0,
        )
    print_outcome(outcome, console)
    _raise_if_interrupted(outcome.ending)


def resume_run(folder: Path, data: str | None, given: dict[str, Any], *, quiet: bool) -> None:
    """Go on with a training: `data` is the recipe of one, and left out for a table."""
    about = describe_resumable(folder)
    is_recipe = about["kind"] == "parts"
    fitting = ("epochs",) if is_recipe else ("epochs", "model")
    others = ["--" + name.replace("_", "-") for name in given if name not in fitting]
    if data is not None and not is_recipe:
        others = [data, *others]
    if others:
        raise Problem(
            tr("{words} and --resume do not go together", words=" ".join(others)),
            why=tr(
                "a training goes on with the settings and the data it was started with; only --epochs may be another"
            ),
            fix=f"torchwise train --resume {folder}",
        )
    console = Console(quiet=quiet)
    for text in differences(about):
        console.print(tr("note: {text}", text=str(text)), style="yellow", highlight=False)
    if is_recipe:
        outcome = _resume_recipe(folder, about, data, given.get("epochs"), console)
    else:
        own_model = given.get("model")
        plan = plan_again(folder, about, epochs=given.get("epochs"), model=load_model(own_model) if own_model else None)
        print_plan(plan, console)
        with user_code(Path(own_model.rpartition(":")[0])) if own_model else nullcontext():
            outcome = train_table(plan, folder, console, resume=True)
    print_outcome(outcome, console)
    _raise_if_interrupted(outcome.ending)


def _resume_recipe(
    folder: Path, about: dict[str, Any], recipe: str | None, epochs: int | None, console: Console
) -> Outcome:
    """Go on with the training of a recipe, which must be given again and be the same."""
    if recipe is None:
        raise Problem(
            tr("{folder} was trained from a recipe", folder=folder),
            why=tr("torchwise never imports code because a folder names it"),
            fix=f"torchwise train recipe.py --resume {folder}",
        )
    setup = load_recipe(Path(recipe))
    try:
        settings, sha256 = about["settings"], about["data"]["files"]["recipe"]["sha256"]
        options = Options(
            epochs=int(settings["epochs"]) if epochs is None else epochs, patience=int(settings["patience"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(
            tr("{path} is damaged", path=folder / ABOUT),
            why=repr(error),
            fix=tr("use another copy of the run, or train again"),
        ) from error
    if hashlib.sha256(Path(recipe).read_bytes()).hexdigest() != sha256:
        raise changed(recipe)
    with user_code(Path(recipe)):
        return train_parts(
            setup, folder, console, recipe=Path(recipe),
            epochs=options.epochs, patience=options.patience, resume=True,
        )  # fmt: skip


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
