"""A run is a folder: JSON that says what was trained, safetensors that hold the weights, and no pickle anywhere."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from torchwise.data.reading import read_table
from torchwise.data.schema import Schema
from torchwise.data.table import Table
from torchwise.errors import Problem
from torchwise.files import read_json, write_atomically, write_json
from torchwise.runs.about import FORMAT, describe
from torchwise.runs.locking import LOCK
from torchwise.texts import tr
from torchwise.train import metrics
from torchwise.train.loop import evaluating
from torchwise.train.networks import TableModel
from torchwise.train.options import Options
from torchwise.train.prepare import build_model
from torchwise.train.setup import Setup
from torchwise.train.unit import Unit

ABOUT, WEIGHTS, METRICS, PREDICTIONS = "run.json", "best.safetensors", "metrics.json", "predictions.csv"
KINDS = ("table", "parts", "folds")
PREDICT_BATCH = 4096

Model = nn.Module | Callable[..., nn.Module]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training that was saved. A table's run predicts from raw columns, one of folds by the mean of its members."""

    folder: Path
    about: dict[str, Any]
    model: nn.Module | None = None
    schema: Schema | None = None
    members: tuple["Run", ...] = ()

    def predict(self, data: Any) -> Tensor:
        """The answers for a table (a path, "builtin:NAME" or a frame); its columns may stand in any order.

        Returns float64: (rows,) in the target's unit, or (rows, classes) probabilities in the order of `classes`.
        Raises Problem if columns are missing or hold what the training did not.
        """
        return self.answers(read_table(data))

    def answers(self, table: Table) -> Tensor:
        """As `predict`, for a table that has been read."""
        if self.members:
            return torch.stack([member.answers(table) for member in self.members]).mean(dim=0)
        model, schema = self._table_parts()
        inputs = schema.inputs(table)
        with evaluating(model):
            batches = [model.answers(model(batch)) for batch in torch.split(inputs, PREDICT_BATCH)]
        return torch.cat(batches)

    def test(self, data: Any) -> dict[str, float]:
        """The metrics on a labelled table: rmse mae r2, or accuracy with auroc or f1_macro and log_loss."""
        table = read_table(data)
        return metrics.measure(
            metrics.OF_TASK[self.target.task], self.answers(table), self.target_schema.targets(table)
        )

    @property
    def target_schema(self) -> Schema:
        """The schema that knows the target; the members of a run of folds share it."""
        return self.members[0].target_schema if self.members else self._table_parts()[1]

    @property
    def target(self) -> Any:
        """Name, task and classes of what is predicted."""
        return self.target_schema.target

    @property
    def data_sha256(self) -> str:
        """The hash of the file it was trained on; "" if run.json does not tell."""
        data = self.about.get("data")
        return str(data.get("sha256", "")) if isinstance(data, dict) else ""

    def _table_parts(self) -> tuple[TableModel, Schema]:
        """The model and schema of a run on a table. Raises Problem for a run of plain parts."""
        if not isinstance(self.model, TableModel) or self.schema is None:
            raise Problem(
                tr(
                    "{folder} was trained from a recipe, so it has no columns to look for in a table",
                    folder=self.folder,
                ),
                fix=tr("in Python: run = torchwise.load(folder, model=MyModel()); run.model(inputs)"),
            )
        return self.model, self.schema


def save(setup: Setup, folder: str | Path) -> Path:
    """Save the Setup's model as it is now, with all that is needed to use it again, into a new or an empty folder.

    Raises Problem if the folder holds files already.
    """
    path = new_folder(folder)
    write_about(path, describe(setup))
    write_weights(path, setup.model)
    return path


def load(folder: str | Path, *, model: Model | None = None) -> Run:
    """Open a run folder. Nothing in it is unpickled, and no code is imported because the folder names it.

    model: for a run with an own network: the class, called as in training, or for plain parts the module itself.
    Raises Problem if the folder is no run, is damaged, or needs `model`.
    """
    path = Path(folder)
    about = read_about(path)
    kind = about["kind"]
    if kind == "folds":
        folders = sorted((path / "folds").glob("*/"), key=lambda member: (len(member.name), member.name))
        if not folders:
            raise Problem(
                tr("{folder} has lost its folds", folder=path), fix=tr("use another copy of the run, or train again")
            )
        return Run(folder=path, about=about, members=tuple(load(member, model=model) for member in folders))
    if kind == "parts":
        return Run(folder=path, about=about, model=_load_parts(path, model))
    schema = Schema.from_json(about.get("schema"))
    return Run(folder=path, about=about, schema=schema, model=_load_table_model(path, about, schema, model))


def read_about(path: Path) -> dict[str, Any]:
    """What run.json says. Raises Problem if the folder is no run, or of a kind or format that is not known."""
    if not (path / ABOUT).is_file():
        raise Problem(
            tr("{folder} is not a run: it has no {file}", folder=path, file=ABOUT),
            fix=tr("name a folder that torchwise train or save() made, such as {example}", example="runs/..."),
        )
    about = read_json(path / ABOUT)
    kind = about.get("kind") if isinstance(about, dict) else None
    if kind not in KINDS or about.get("format") != FORMAT:
        raise Problem(
            tr("{file} does not describe a run this torchwise knows", file=path / ABOUT),
            why=tr(
                "kind {kind}, format {format}",
                kind=repr(kind),
                format=repr(about.get("format") if isinstance(about, dict) else None),
            ),
            fix=tr("open it with the version that wrote it"),
        )
    found: dict[str, Any] = about
    return found


def _load_parts(folder: Path, model: Model | None) -> nn.Module:
    """The user's own module with the saved weights."""
    if model is None:
        raise Problem(
            tr("{folder} holds the weights of your own model", folder=folder),
            why=tr("torchwise never imports code because a folder names it"),
            fix=tr("torchwise.load({folder}, model=MyModel())", folder=repr(str(folder))),
        )
    module = model if isinstance(model, nn.Module) else model()
    read_weights(folder, module)
    return module


def _load_table_model(folder: Path, about: dict[str, Any], schema: Schema, model: Model | None) -> TableModel:
    """The model of a run on a table with the saved weights."""
    settings, unit = about.get("settings"), about.get("unit")
    try:
        assert isinstance(settings, dict) and isinstance(unit, dict), "settings and unit are objects"
        own = settings.get("model")
        if own is not None and model is None:
            raise Problem(
                tr("the network of {folder} is your own {model}", folder=folder, model=own),
                why=tr("torchwise never imports code because a folder names it"),
                fix=tr("--model {model} again, or torchwise.load(folder, model=...)", model=own),
            )
        options = options_of(settings, model=model if own is not None else None, test=None, valid=None)
        table_model = build_model(
            schema, options, None, Unit(mean=float(unit["mean"]), std=float(unit["std"]), power=int(unit["power"])),
            one_logit=settings.get("loss") == "BCEWithLogitsLoss",
        )  # fmt: skip
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise _damaged(folder / ABOUT, error) from error
    read_weights(folder, table_model)
    return table_model


def options_of(settings: dict[str, Any], **others: Any) -> Options:
    """The Options that run.json's settings were written from, `others` in place of what it says.

    Raises KeyError, TypeError or ValueError for settings that are none.
    """
    given = {field.name: settings[field.name] for field in fields(Options) if field.name in settings}
    given |= {name: tuple(given[name]) for name in ("drop", "keep", "hidden")}
    return Options(**(given | others))


def write_weights(folder: Path, model: nn.Module) -> None:
    """Write the model's weights, tied ones once, as best.safetensors."""
    write_atomically(folder / WEIGHTS, lambda path: safetensors.torch.save_model(model, str(path)))


def read_weights(folder: Path, model: nn.Module) -> None:
    """Load best.safetensors into the model. Raises Problem if it is missing, damaged, or does not fit."""
    try:
        if any(parameter.is_meta for parameter in model.parameters()):
            _assign(model, safetensors.torch.load_file(folder / WEIGHTS))
        else:
            safetensors.torch.load_model(model, folder / WEIGHTS, strict=True)
    except FileNotFoundError as error:
        raise Problem(
            tr("{folder} has no {file}: its training did not get to the end of an epoch", folder=folder, file=WEIGHTS),
            fix=tr("train again"),
        ) from error
    except (SafetensorError, RuntimeError, ValueError, KeyError, OSError) as error:
        raise _damaged(folder / WEIGHTS, error) from error


def _assign(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give the model these tensors as its own. Raises ValueError or RuntimeError if they are not just its own."""
    for name, expected in model.state_dict().items():
        if name in weights and weights[name].dtype != expected.dtype:
            raise ValueError(f"{name} is {weights[name].dtype}, not {expected.dtype}")
    # Cloned: the file's tensors start at any byte, and unaligned ones take other kernels with other last bits.
    model.load_state_dict({name: value.clone() for name, value in weights.items()}, assign=True)


def _damaged(path: Path, error: Exception) -> Problem:
    """The Problem for a file of a run that can't be used."""
    return Problem(
        tr("{path} is damaged, or does not fit the model", path=path),
        why=str(error).strip(),
        fix=tr("use another copy of the run, or give the model it was trained with"),
    )


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Write run.json."""
    write_json(folder / ABOUT, about)


def keep_epochs(folder: Path, epochs: int) -> None:
    """Let run.json say for how many epochs a resumed run is trained now."""
    about = read_about(folder)
    if about["settings"]["epochs"] != epochs:
        about["settings"]["epochs"] = epochs
        write_about(folder, about)


def new_folder(folder: str | Path) -> Path:
    """Make the folder. Raises Problem if it holds files already, or can't be made.

    What a process leaves that was killed before its run.json was whole does not count, and is removed.
    """
    path = Path(folder)
    try:
        held = {entry for entry in path.iterdir() if entry.name != LOCK} if path.is_dir() else set()
        unfinished = {entry for entry in held if entry.name.startswith(f".{ABOUT}.")}
        if held - unfinished:
            raise Problem(
                tr("{folder} is not empty, and a run never writes over another", folder=path),
                fix=tr("choose another folder, or remove this one"),
            )
        path.mkdir(parents=True, exist_ok=True)
        for entry in unfinished:
            entry.unlink(missing_ok=True)
    except OSError as error:
        raise Problem(
            tr("the folder {folder} could not be made", folder=path),
            why=error.strerror or str(error),
            fix=tr("choose a folder you may write to"),
        ) from error
    return path
