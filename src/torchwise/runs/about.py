"""What run.json says: every setting, the versions, and for a table its columns and the rows of each part."""

import platform
import sys
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

import torchwise
from torchwise.train.plan import Plan
from torchwise.train.prepare import TableSetup
from torchwise.train.setup import Setup

FORMAT = 1


def describe(setup: Setup) -> dict[str, Any]:
    """What run.json says of a Setup: every setting, versions, seed, threads, and for a table its columns and parts."""
    about = {"format": FORMAT, "kind": "parts", **environment(), "seed": setup.seed, "device": str(setup.device)}
    if isinstance(setup, TableSetup):
        unit = {"mean": setup.unit.mean, "std": setup.unit.std, "power": setup.unit.power}
        return about | {"kind": "table", **describe_plan(setup.plan), "batch_size": setup.batch_size, "unit": unit}
    optimizer = {
        name: value for name, value in setup.optimizer.defaults.items() if isinstance(value, int | float | bool)
    }
    return about | {
        "model": type(setup.model).__name__,
        "loss": getattr(setup.loss, "__name__", type(setup.loss).__name__),
        "optimizer": {"name": type(setup.optimizer).__name__, **optimizer},
        "schedule": None if setup.schedule is None else type(setup.schedule).__name__,
        "batch_size": setup.batch_size,
        "clip": setup.clip,
        "workers": setup.workers,
    }


def describe_plan(plan: Plan) -> dict[str, Any]:
    """What run.json says of the data: settings, source, hash, rows of each part, columns, notes."""
    settings = {field.name: getattr(plan.options, field.name) for field in fields(plan.options)}
    settings["model"] = model_name(plan.options.model)
    settings |= {name: None if settings[name] is None else str(settings[name]) for name in ("test", "valid")}
    return {
        "settings": settings,
        "data": {
            "source": plan.table.source,
            "sha256": plan.table.sha256,
            "rows": plan.table.num_rows,
            "parts": {name: len(part) for name, part in plan.parts.items()},
            "files": _files(plan),
        },
        "schema": plan.schema.to_json(),
        "notes": [{"message": text.message, "values": text.values} for text in plan.notes],
    }


def _files(plan: Plan) -> dict[str, dict[str, str]]:
    """Where the rows came from: the table as "train", and the files of valid and test rows, if there are any."""
    tables = {"train": plan.table} | {name: part.table for name, part in plan.parts.items() if name != "train"}
    tables |= {} if plan.unlabelled is None else {"test": plan.unlabelled}
    return {
        name: file_of(table.source, table.sha256)
        for name, table in tables.items()
        if name == "train" or table is not plan.table
    }


def file_of(source: str, sha256: str) -> dict[str, str]:
    """A file as run.json names it: its whole path (else what it was called), and its hash."""
    path = Path(source)
    return {"path": str(path.resolve()) if path.is_file() else source, "sha256": sha256}


def model_name(model: Any) -> str | None:
    """An own network as it is given on the command line: file.py:MyModel."""
    if model is None:
        return None
    kind = type(model) if isinstance(model, nn.Module) else model
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    return f"{Path(file).name if file else kind.__module__}:{kind.__qualname__}"


def environment() -> dict[str, Any]:
    """When and with what: the time, versions, threads."""
    return {
        "made": datetime.now().astimezone().isoformat(timespec="seconds"),
        "versions": {
            "torchwise": torchwise.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "threads": torch.get_num_threads(),
    }
