"""The check before a training: a moment's rehearsal of what is the user's own, a recipe or a network."""

import ast
import inspect
from pathlib import Path
from typing import Any

from rich.console import Console

from torchwise.doctor.render import render
from torchwise.errors import Problem
from torchwise.finding import Place
from torchwise.rehearsal.running.brief import check_briefly
from torchwise.rehearsal.running.recipes import place_of, setup_of
from torchwise.texts import tr, trn
from torchwise.train.setup import Setup


def check_first(setup: Setup, where: Place, console: Console) -> None:
    """Rehearse what will be trained; what is only likely is printed. Raises Problem for what is surely wrong."""
    with console.status(tr("checking (--no-check leaves it out)")):
        try:
            answer = check_briefly(setup, where)
        except Exception as error:  # of ours, or parts that can't be copied: no reason not to train
            said = (
                f"{error.what} ({error.why})"
                if isinstance(error, Problem)
                else tr("the check failed: {error}", error=repr(error))
            )
            console.print(tr("note: {text}", text=said), style="yellow", highlight=False, markup=False, soft_wrap=True)
            return
    # Not `answer.num_sure`: a failure of unknown cause may be that of the copies, and is the training's own to tell.
    sure = sum(group[0].sure for group in answer.all_groups)
    shown = Console(stderr=True) if sure else console
    if answer.all_groups:
        texts = (render(group, colored=_is_colored(shown), width=shown.width) for group in answer.all_groups)
        shown.out("\n\n".join(texts) + "\n", highlight=False)
    if sure:
        raise Problem(
            trn("nothing was trained: the check found {count} fault",
                "nothing was trained: the check found {count} faults", sure),
            fix=tr("mend what is said above; to train anyhow, add --no-check"),
        )  # fmt: skip


def place_of_recipe(path: Path) -> Place:
    """The line of what the recipe's `setup` gives."""
    file = str(path.absolute())
    setup = setup_of(ast.parse(path.read_bytes()))
    return Place(file=file, line=1) if setup is None else place_of(setup, file)


def place_of_model(model: Any) -> Place:
    """The line where the user's network is defined."""
    try:
        lines, line = inspect.getsourcelines(model)
        return Place(file=inspect.getfile(model), line=line, source=lines[0].strip())
    except (OSError, TypeError):
        return Place(file="", line=0)


def _is_colored(console: Console) -> bool:
    return console.is_terminal and not console.no_color
