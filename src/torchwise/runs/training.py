"""One training from beginning to end: epochs, best weights, test metrics, verdict, all in a run folder."""

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from rich.console import Console
from torch import Tensor

from torchwise.errors import Problem
from torchwise.files import write_json
from torchwise.runs import checkpoint, history
from torchwise.runs.about import FORMAT, describe, describe_plan, environment, file_of
from torchwise.runs.baselines import fit_baselines
from torchwise.runs.locking import LOCK, locked
from torchwise.runs.predictions import write_predictions
from torchwise.runs.progress import announce, watch
from torchwise.runs.report.making import report_at_end
from torchwise.runs.run import (
    ABOUT,
    METRICS,
    PREDICTIONS,
    WEIGHTS,
    Run,
    keep_epochs,
    load,
    new_folder,
    write_about,
    write_weights,
)
from torchwise.runs.verdict import Verdict, judge, to_json
from torchwise.texts import tr
from torchwise.train import metrics
from torchwise.train.loop import Epoch, evaluate, fit
from torchwise.train.plan import Plan, fold_plans
from torchwise.train.prepare import build_setup
from torchwise.train.setup import Setup
from torchwise.train.state import State

Ending = Literal["epochs done", "no better", "interrupted", "not finite"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a training came to. Metrics are of the best weights; `predicted` is the part that predictions.csv holds."""

    folder: Path
    ending: Ending
    epochs: int
    best_epoch: int
    valid_metrics: dict[str, float]
    verdict: Verdict | None = None
    predicted: str = ""
    lost_s: float | None = None  # seconds of the epoch that was interrupted; None if none was, or none can be resumed
    repeated: int = 0  # the number of that epoch
    folds: tuple["Outcome", ...] = field(default=())


def train_table(plan: Plan, folder: Path, console: Console, *, resume: bool = False) -> Outcome:
    """Train on a table and leave a run in `folder`; with folds, one run a fold in `folds/` and their mean on top.

    resume: whether the folder holds this training already, which then goes on from its newest checkpoint.
    """
    if plan.options.folds:
        return _train_folds(plan, folder, console, resume=resume)
    outcome = _train_member(plan, folder, console, resume=resume)
    return _conclude(plan, outcome, load(folder, model=plan.options.model), console)


def train_parts(
    setup: Setup, folder: Path, console: Console, *, recipe: Path, epochs: int, patience: int, resume: bool = False
) -> Outcome:
    """Train plain PyTorch parts (a recipe's Setup) and leave a run in `folder`; resume as in `train_table`."""
    about = describe(setup) | {
        "settings": {"epochs": epochs, "patience": patience},
        "data": {"files": {"recipe": file_of(str(recipe), hashlib.sha256(recipe.read_bytes()).hexdigest())}},
    }
    with _opened(folder, about, resume=resume):
        announce(setup, console)
        outcome = _train(setup, folder, console, epochs=epochs, patience=patience)
        report_at_end(console, folder)
        return outcome


def _train_member(plan: Plan, folder: Path, console: Console, *, resume: bool, label: str = "") -> Outcome:
    """One network on a table's train and valid parts."""
    setup, options = build_setup(plan), plan.options
    if not label:
        announce(setup, console)
    with _opened(folder, describe(setup), resume=resume):
        return _train(setup, folder, console, epochs=options.epochs, patience=options.patience, label=label)


@contextmanager
def _opened(folder: Path, about: dict[str, Any], *, resume: bool) -> Iterator[None]:
    """The run folder, new or to be resumed, locked against others; it goes again if nothing was learnt in it."""
    is_new = not (resume and (folder / ABOUT).is_file())  # so is a fold that had not begun
    if is_new:
        new_folder(folder)  # a stranger's folder is left as it is, without so much as a lock
    is_ours = False  # until the lock is had, another process may be training here
    try:
        with locked(folder):
            is_ours = True
            if is_new:
                write_about(new_folder(folder), about)
            else:
                keep_epochs(folder, about["settings"]["epochs"])
            yield
    except BaseException:
        if is_ours and not (folder / WEIGHTS).exists() and not (folder / checkpoint.FOLDER).exists():
            for name in (LOCK, history.FILE, ABOUT):
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()
        raise


def _train(setup: Setup, folder: Path, console: Console, *, epochs: int, patience: int, label: str = "") -> Outcome:
    """The loop with its surroundings: history, checkpoints, patience, Ctrl-C; then the best weights are measured."""
    state = State(setup)
    _restore(state, folder, console)
    saves = folder / checkpoint.FOLDER
    is_saved = _can_be_saved(state, console)
    ending: Ending = "epochs done"
    saved_at, num_saved, lost_s = time.monotonic(), state.epoch, None
    try:
        for epoch in watch(_epochs(setup, state, epochs, patience), state, epochs, console, label=label):
            history.append(folder, epoch)
            if not math.isfinite(epoch.train_loss):
                ending = "not finite"
                break
            if is_saved and not saves.exists():  # the optimizer's first step may have made what cannot be saved
                is_saved = _can_be_saved(state, console)
            if is_saved:
                checkpoint.save(state, saves)
            saved_at, num_saved = time.monotonic(), epoch.number
        else:
            ending = "no better" if _is_stuck(state, patience) else ending
    except KeyboardInterrupt:
        ending = "interrupted"
        lost_s = time.monotonic() - saved_at if is_saved else None
        if not state.best_epoch:
            raise
    if not state.best_epoch:
        raise _diverged(setup, state)
    state.best()
    write_weights(folder, setup.model)
    valid_metrics = evaluate(setup, setup.valid) if setup.valid is not None else {}
    outcome = Outcome(
        folder=folder, ending=ending, epochs=state.epoch, best_epoch=state.best_epoch, valid_metrics=valid_metrics,
        lost_s=lost_s, repeated=num_saved + 1,
    )  # fmt: skip
    write_json(
        folder / METRICS,
        {"best_epoch": outcome.best_epoch, "epochs": outcome.epochs, "ending": ending, "valid": valid_metrics},
    )
    return outcome


def _epochs(setup: Setup, state: State, epochs: int, patience: int) -> Iterator[Epoch]:
    """The epochs that are still to come, until all are done or the valid loss gets no better."""
    if not _is_stuck(state, patience):
        for epoch in fit(setup, state, epochs=epochs):
            yield epoch
            if _is_stuck(state, patience):
                break


def _is_stuck(state: State, patience: int) -> bool:
    """Whether the best epoch lies `patience` epochs back; never, for a patience of 0."""
    return bool(patience) and state.epochs_since_best >= patience


def _can_be_saved(state: State, console: Console) -> bool:
    """Whether checkpoints can be written of this State; if not, the console says why."""
    unsavable = checkpoint.check(state)
    if unsavable is not None:
        console.print(tr("note: {text}", text=str(unsavable)), style="yellow", highlight=False, markup=False)
    return unsavable is None


def _restore(state: State, folder: Path, console: Console) -> None:
    """Bring the State to the newest whole checkpoint, if there is one, and the history with it."""
    for text in checkpoint.restore(state, folder / checkpoint.FOLDER):
        console.print(tr("note: {text}", text=str(text)), style="yellow", highlight=False, markup=False)
    history.cut(folder, state.epoch)
    if state.epoch:
        console.print(tr("resuming after epoch {epoch}", epoch=state.epoch), highlight=False)


def _train_folds(plan: Plan, folder: Path, console: Console, *, resume: bool) -> Outcome:
    """One network a fold, then the out-of-fold metrics of all rows and the mean of the networks on the test rows."""
    about = {"format": FORMAT, "kind": "folds", **environment(), "seed": plan.options.seed, **describe_plan(plan)}
    plans, outcomes = fold_plans(plan), []
    announce(build_setup(plans[0]), console)  # what can't be built is said before there is a folder
    if not resume:
        new_folder(folder)
    with locked(folder):
        if not resume:
            write_about(new_folder(folder), about)
        keep_epochs(folder, plan.options.epochs)
        for number, fold_plan in enumerate(plans, start=1):
            member = folder / "folds" / str(number)
            label = tr("fold {number}/{total}", number=number, total=len(plans))
            outcomes.append(_train_member(fold_plan, member, console, resume=resume, label=label))
            if outcomes[-1].ending == "interrupted":
                break
    run = load(folder, model=plan.options.model)
    answers, targets = [], []
    for fold_plan, member_run in zip(plans, run.members, strict=False):
        table = fold_plan.parts["valid"].taken()
        answers.append(member_run.answers(table))
        write_predictions(member_run.folder / PREDICTIONS, answers[-1], schema=plan.schema, table=table)
        targets.append(plan.schema.targets(table))
    out_of_fold = metrics.measure(metrics.OF_TASK[plan.schema.target.task], torch.cat(answers), torch.cat(targets))
    outcome = Outcome(
        folder=folder, ending=outcomes[-1].ending, epochs=sum(o.epochs for o in outcomes), lost_s=outcomes[-1].lost_s,
        repeated=outcomes[-1].repeated, best_epoch=0, valid_metrics=out_of_fold, folds=tuple(outcomes),
    )  # fmt: skip
    return _conclude(plan, outcome, run, console)


def _conclude(plan: Plan, outcome: Outcome, run: Run, console: Console) -> Outcome:
    """Test once, judge, and write predictions.csv and metrics.json."""
    with console.status(tr("comparing with simpler models")):
        verdict, test_answers = _judge(plan, run)
    predicted = _predict(plan, run, outcome.folder / PREDICTIONS, test_answers)
    found = Outcome(**(vars(outcome) | {"verdict": verdict, "predicted": predicted}))
    write_json(
        found.folder / METRICS,
        {
            "ending": found.ending,
            "epochs": found.epochs,
            "best_epoch": found.best_epoch or None,
            "out_of_fold" if found.folds else "valid": found.valid_metrics,
            "test": None if verdict is None else verdict.metrics,
            "verdict": None if verdict is None else to_json(verdict),
        },
    )
    report_at_end(console, found.folder, of=(plan, run, verdict))
    return found


def _judge(plan: Plan, run: Run) -> tuple[Verdict | None, Tensor | None]:
    """The verdict on the test part and the network's answers there; None where no rows were kept for it."""
    test = plan.parts.get("test")
    if test is None:
        return None, None
    table = test.taken()
    answers, targets = run.answers(table), plan.schema.targets(table)
    rivals = fit_baselines(plan.schema, plan.parts["train"], test, seed=plan.options.seed)
    return judge(plan.schema.target.task, answers, rivals, targets, seed=plan.options.seed), answers


def _predict(plan: Plan, run: Run, path: Path, test_answers: Tensor | None) -> str:
    """Write predictions for the unlabelled test file, else the test part, else the valid part; returns which."""
    if plan.unlabelled is not None:
        name, table = "test file", plan.unlabelled
    else:
        name = next((name for name in ("test", "valid") if name in plan.parts), "train")
        table = plan.parts[name].taken()
    answers = test_answers if name == "test" else None
    answers = run.answers(table) if answers is None else answers
    write_predictions(path, answers, schema=plan.schema, table=table)
    return name


def _diverged(setup: Setup, state: State) -> Problem:
    """The Problem of a training whose loss was never a number."""
    lr = setup.optimizer.param_groups[0]["lr"]
    return Problem(
        tr("the loss is not a number (nan or inf) after epoch {epoch}", epoch=state.epoch),
        why=tr(
            "with a learning rate of {lr} the weights grew beyond what float32 can hold, or the data holds nan",
            lr=f"{lr:g}",
        ),
        fix=tr("a lower learning rate, such as {lower}, or gradients clipped at 1", lower=f"{lr / 10:g}"),
    )
