"""The settings of a run, those that differ from the defaults first, and the command that repeats it."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from torchwise.runs.report.content import Setting
from torchwise.train.options import PRESETS, Options
from torchwise.train.plan import ROWS_A_NUMBER, Plan

NO_FLAG = ("standardise",)  # only a preset says it
OF_PARTS = ("model", "loss", "optimizer", "schedule", "batch_size", "clip", "workers", "seed", "device")


def settings_of(about: Mapping[str, Any], plan: Plan | None) -> tuple[Setting, ...]:
    """Every setting as text, those that differ from the defaults first."""
    settings = dict(about.get("settings") or {})
    if plan is None:
        settings = {name: about[name] for name in OF_PARTS if name in about} | settings
        defaults = {name: _default(name) for name in settings if name not in OF_PARTS}
    else:
        defaults = {field.name: _default(field.name) for field in fields(Options)}
        defaults["periodic"] = _usual_periodic(plan)
    found = [
        Setting(
            name=name,
            value=_shown(value),
            default=_shown(defaults[name]) if name in defaults else "",
            is_changed=name in defaults and _plain(value) != _plain(defaults[name]),
        )
        for name, value in settings.items()
    ]
    return tuple(sorted(found, key=lambda setting: not setting.is_changed))


def command_of(about: Mapping[str, Any], plan: Plan | None) -> tuple[str, ...]:
    """The words of the command that repeats the training; () where it was not started by one that is known."""
    settings = dict(about.get("settings") or {})
    if plan is None:
        defaults = {name: _default(name) for name in settings}
        return ("torchwise", "train", recipe_of(about), *_flags(settings, defaults))
    if plan.table.source.startswith("builtin:") or _is_file(plan.table.source):
        preset = PRESETS.get(str(settings.get("preset")), {})
        defaults = {field.name: _default(field.name) for field in fields(Options)} | preset
        defaults.setdefault("target", None)
        if "periodic" not in preset:
            defaults["periodic"] = _usual_periodic(plan)
        return ("torchwise", "train", plan.table.source, *_flags(settings, defaults))
    return ()


def recipe_of(about: Mapping[str, Any]) -> str:
    """The name of the recipe's file, without its folders: a report is shown to others."""
    recipe = ((about.get("data") or {}).get("files") or {}).get("recipe") or {}
    return Path(str(recipe.get("path", "recipe.py"))).name


def _is_file(source: str) -> bool:
    """Whether a table's source is a path, not the kind of a frame."""
    return source.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt", ".tab", ".parquet", ".pq"))


def _flags(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """The flags whose settings are not the defaults."""
    words: list[str] = []
    for name, value in settings.items():
        if name in NO_FLAG or _plain(value) == _plain(defaults.get(name)):
            continue
        flag = "--" + name.replace("_", "-")
        if name == "kinds":
            words += [word for column, kind in value.items() for word in ("--kind", f"{column}={kind}")]
        elif name in ("drop", "keep"):
            words += [word for column in value for word in (flag, str(column))]
        elif isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        elif value is not None:
            words += [flag, _shown(value)]
    return words


def _usual_periodic(plan: Plan) -> bool:
    """Whether numbers are embedded where nothing is said of it."""
    num_numbers = sum(1 for slot in plan.schema.slots if slot.num_codes == 0)
    return len(plan.parts["train"]) >= ROWS_A_NUMBER * num_numbers


def _default(name: str) -> Any:
    """The default of a setting; None for one that has none."""
    for field in fields(Options):
        if field.name == name:
            if field.default_factory is not MISSING:
                return field.default_factory()
            return None if field.default is MISSING else field.default
    return None


def _plain(value: Any) -> Any:
    """Tuples as lists, as JSON has them."""
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    """A setting as text: as behind its flag, where it has one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)
