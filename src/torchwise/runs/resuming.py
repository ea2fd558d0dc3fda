"""Resuming: the training that a run folder describes, made again from the same data, to go on from its checkpoint."""

from pathlib import Path
from typing import Any

import torch

from torchwise.errors import Problem
from torchwise.runs import checkpoint
from torchwise.runs.about import environment
from torchwise.runs.run import ABOUT, WEIGHTS, options_of, read_about
from torchwise.texts import Text, note, tr
from torchwise.train.plan import Plan, plan_table

PLANNED = ("CosineAnnealingLR", "ExponentialLR", "OneCycleLR", "StepLR")  # schedules laid out over all epochs


def describe_resumable(folder: Path) -> dict[str, Any]:
    """What run.json says, for a run that can be resumed. Raises Problem for one whose checkpoints are gone."""
    about = read_about(folder)
    if about["kind"] != "folds" and (folder / WEIGHTS).exists() and not (folder / checkpoint.FOLDER).is_dir():
        raise Problem(
            tr("{folder} has no checkpoints to resume from", folder=folder),
            why=tr("its folder {name} is not there", name=checkpoint.FOLDER),
            fix=tr("train again from the start"),
        )
    return about


def plan_again(folder: Path, about: dict[str, Any], *, epochs: int | None, model: Any) -> Plan:
    """The plan of a run on a table or of its folds, for `epochs` epochs (None: as many as it was started with).

    model: the own network, given again where it was trained with one.
    Raises Problem if the data is not what it was, or the schedule was laid out for other epochs.
    """
    try:
        settings, files = about["settings"], about["data"]["files"]
        own = settings["model"]
        others = {name: files[name]["path"] if name in files else None for name in ("test", "valid")}
        options = options_of(settings, model=model, **others, **({} if epochs is None else {"epochs": epochs}))
        path, sums = str(files["train"]["path"]), {name: str(file["sha256"]) for name, file in files.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem(
            tr("{path} is damaged", path=folder / ABOUT),
            why=repr(error),
            fix=tr("use another copy of the run, or train again"),
        ) from error
    if (own is None) != (model is None):
        raise Problem(
            tr("the network of {folder} is your own {model}", folder=folder, model=own)
            if model is None
            else tr("{folder} was trained without an own model", folder=folder),
            fix=tr("--model {model} again, or torchwise.load(folder, model=...)", model=own)
            if model is None
            else tr("leave out {flags}", flags="--model"),
        )
    if epochs is not None and options.schedule in PLANNED and epochs != settings["epochs"]:
        raise Problem(
            tr(
                "the schedule {name} was laid out for {epochs} epochs", name=options.schedule, epochs=settings["epochs"]
            ),
            why=tr("with other epochs every learning rate would have been another"),
            fix=tr("leave out --epochs, or train again from the start"),
        )
    plan = plan_table(path, options)
    tables = {"train": plan.table} | {name: part.table for name, part in plan.parts.items() if name in others}
    tables |= {} if plan.unlabelled is None else {"test": plan.unlabelled}
    for name in sums:
        if tables[name].sha256 != sums[name]:
            raise changed(tables[name].source)
    return plan


def changed(source: str) -> Problem:
    """The Problem for a file that is not what it was when the training started."""
    return Problem(
        tr("{source} has changed since the training started", source=source),
        why=tr("its SHA-256 is not the one in run.json, so the epochs to come would learn from other data"),
        fix=tr("put the old file back, or train again from the start"),
    )


def differences(about: dict[str, Any]) -> list[Text]:
    """What of this machine is not as it was at the start, and may change the last digits of the losses."""
    then, now = about.get("versions"), environment()["versions"]
    notes = []
    if isinstance(then, dict) and then.get("torch") != now["torch"]:
        notes.append(
            note("the training was started with torch {then}, this is {now}: the last digits may differ",
                 then=then.get("torch"), now=now["torch"])
        )  # fmt: skip
    if about.get("threads") != torch.get_num_threads():
        notes.append(
            note("the training was started with {then} threads, here are {now}: the last digits may differ",
                 then=about.get("threads"), now=torch.get_num_threads())
        )  # fmt: skip
    return notes
