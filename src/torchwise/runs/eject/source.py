"""From a run folder to the facts: the data is read and split again, and must be what it was."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torchwise.data.names import part_name
from torchwise.data.reading import BUILTIN
from torchwise.data.schema import Schema
from torchwise.errors import Problem
from torchwise.files import read_json
from torchwise.runs import history
from torchwise.runs.eject.facts import Facts
from torchwise.runs.run import ABOUT, METRICS, options_of, read_about
from torchwise.texts import tr
from torchwise.train.plan import Plan, plan_table
from torchwise.train.prepare import build_setup


def read_facts(folder: Path, stem: str, data: Any = None) -> Facts:
    """The facts of a run.

    data: the table again, where it cannot be found.
    Raises Problem for a run that is not one network on a table, and for data that is missing or has changed.
    """
    about = read_about(folder)
    _check_kind(folder, about)
    plan = _plan_again(folder, about, data)
    measured = read_json(folder / METRICS) if (folder / METRICS).is_file() else {}
    return Facts(
        folder=folder,
        stem=stem,
        about=about,
        setup=build_setup(plan),
        losses=history.read(folder) if (folder / history.FILE).is_file() else [],
        ending=str(measured.get("ending", "")) if isinstance(measured, dict) else "",
    )


def _check_kind(folder: Path, about: dict[str, Any]) -> None:
    """A Problem for a run that is not one network of ours on one table."""
    fix = ""
    inside = folder.resolve().parent
    if about["kind"] == "folds" or (inside.name == "folds" and (inside.parent / ABOUT).is_file()):
        what = tr("{folder} is a run of folds, or one of its folds; a script trains one network", folder=folder)
        fix = tr("train once without --folds, and eject that run")
    elif about["kind"] == "parts":
        what = tr("{folder} was trained from a recipe, which is plain PyTorch already", folder=folder)
        fix = tr("write a loop below your recipe: `for epoch in torchwise.fit(setup(), epochs=...)`, or the tutorial's")
    elif (about.get("settings") or {}).get("model") is not None:
        own = about["settings"]["model"]
        what = tr("the network of {folder} is your own {model}", folder=folder, model=own)
        fix = tr("eject a run without --model, and put your class in place of its Network")
    else:
        return
    raise Problem(what, fix=fix)


def _plan_again(folder: Path, about: dict[str, Any], data: Any) -> Plan:
    """The plan of a run, made again from the same files."""
    try:
        settings, known = about["settings"], about["data"]
        unhashed = {name: {"path": settings[name], "sha256": ""} for name in ("valid", "test") if settings[name]}
        files = {"train": {"path": known["source"], "sha256": known["sha256"]}} | unhashed | known.get("files", {})
        paths = {name: str(file["path"]) for name, file in files.items()}
        sums = {name: str(file["sha256"]) for name, file in files.items()}
        for name, path in paths.items():
            if name != "train" or data is None:
                _check_is_there(folder, path)
        options = options_of(
            settings, model=None, device="cpu", workers=0, valid=paths.get("valid"), test=paths.get("test")
        )
        saved = Schema.from_json(about["schema"])
        num_rows = dict(known["parts"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem(
            tr("{path} is damaged", path=folder / ABOUT),
            why=repr(error),
            fix=tr("use another copy of the run, or train again"),
        ) from error
    plan = plan_table(paths["train"] if data is None else data, options)
    _check_sums(plan, sums)
    found = {name: len(part) for name, part in plan.parts.items()}
    if _meaning(saved) != _meaning(plan.schema) or found != num_rows:
        raise Problem(
            tr("{source} reads otherwise than when {folder} was trained", source=plan.table.source, folder=folder),
            why=tr("rows then: {then}; rows now: {now}", then=_sizes(num_rows), now=_sizes(found)),
            fix=tr("eject it with the torchwise that trained it ({version}), or train again",
                   version=(about.get("versions") or {}).get("torchwise")),
        )  # fmt: skip
    return plan


def _sizes(num_rows: Mapping[str, int]) -> str:
    """The parts and their rows."""
    return tr(", ").join(f"{part_name(name)} {count}" for name, count in num_rows.items())


def _meaning(schema: Schema) -> list[Any]:
    """What of a schema makes the numbers; its remarks differ between languages."""
    columns = [replace(column, why=None, examples=()) for column in schema.used]
    return [columns, replace(schema.target, why=None)]


def _check_is_there(folder: Path, path: str) -> None:
    """A Problem for a file that is no longer where it was."""
    if path.startswith(BUILTIN) or Path(path).expanduser().is_file():
        return
    shown = Path(path).expanduser().absolute() if Path(path).suffix else path  # a frame has a name only
    raise Problem(
        tr("{folder} was trained on {path}, which is not there", folder=folder, path=shown),
        why=tr("the script reads the same rows, and a run does not keep them"),
        fix=tr("put the file back there, or name it with --data; for a frame, in Python: "
               "torchwise.runs.eject.eject(folder, out, data=frame)"),
    )  # fmt: skip


def _check_sums(plan: Plan, sums: dict[str, str]) -> None:
    """A Problem for a file that has changed."""
    tables = {"train": plan.table} | {name: part.table for name, part in plan.parts.items() if name != "train"}
    tables |= {} if plan.unlabelled is None else {"test": plan.unlabelled}
    for name, expected in sums.items():
        if expected and tables[name].sha256 != expected:
            raise Problem(
                tr("{source} is not the file of this run", source=tables[name].source),
                why=tr("its SHA-256 is not the one in run.json, so the losses would be others"),
                fix=tr("put the old file back, or train again and eject that run"),
            )
