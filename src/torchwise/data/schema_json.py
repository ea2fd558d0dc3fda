"""The schema as JSON, read back strictly: the file may come from a stranger."""

import string
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from torchwise.data.columns import DATE_PARTS, KINDS, TASKS, USABLE, Column, Target
from torchwise.data.dates import PATTERNS
from torchwise.data.names import quoted
from torchwise.errors import Problem
from torchwise.texts import Text, tr

Json = dict[str, Any]  # what json.load gives: any mixture of dicts, lists, texts, numbers, truth values and None


def columns_to_json(columns: Sequence[Column]) -> list[Json]:
    """The columns, one dict each."""
    return [_to_json(column) for column in columns]


def target_to_json(target: Target) -> Json:
    """The target as a dict."""
    return _to_json(target)


def columns_from_json(data: object) -> tuple[Column, ...]:
    """The columns in a schema's JSON.

    Raises Problem for anything that `columns_to_json` does not write.
    """
    entries = _entry(data, "columns")
    if not isinstance(entries, list):
        raise _not_written("columns")
    columns = tuple(_column(entry, place) for place, entry in enumerate(entries))
    if len({column.name for column in columns}) < len(columns):
        raise _not_written("columns")
    return columns


def target_from_json(data: object) -> Target:
    """The target in a schema's JSON.

    Raises Problem for anything that `target_to_json` does not write.
    """
    values = _values(_entry(data, "target"), Target, "target")
    is_right = (
        isinstance(values["name"], str)
        and values["task"] in TASKS
        and _fits_task(len(values["classes"]), values["task"])
        and len(set(values["classes"])) == len(values["classes"])
    )
    if not is_right:
        raise _not_written("target")
    return Target(**values)


def text_from_json(entry: object, place: str) -> Text | None:
    """A text kept as data.

    Its message may name its values and do nothing else: `str.format` would also read attributes.
    """
    if entry is None:
        return None
    if not isinstance(entry, dict) or set(entry) != {"message", "values"}:
        raise _not_written(place)
    message, values = entry["message"], entry["values"]
    if not isinstance(message, str) or not isinstance(values, dict):
        raise _not_written(place)
    if not all(isinstance(value, str | int | float) for value in values.values()):
        raise _not_written(place)
    try:
        parts = list(string.Formatter().parse(message))
    except ValueError:
        raise _not_written(place) from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in values or spec or conversion):
            raise _not_written(place)
    return Text(message, values)


def _fits_task(num_classes: int, task: str) -> bool:
    """Whether a target of this task can have so many classes."""
    return num_classes == {"regression": 0, "binary": 2}[task] if task != "multi-class" else num_classes >= 2


def _to_json(entry: Column | Target) -> Json:
    """All fields: tuples as lists, texts as message and values."""
    result: Json = {}
    for field in fields(entry):
        value = getattr(entry, field.name)
        if isinstance(value, Text):
            value = {"message": value.message, "values": dict(value.values)}
        result[field.name] = list(value) if isinstance(value, tuple) else value
    return result


def _column(entry: object, place: int) -> Column:
    """One column of the JSON."""
    where = f"columns[{place}]"
    values = _values(entry, Column, where)
    is_right = (
        isinstance(values["name"], str)
        and values["kind"] in KINDS
        and isinstance(values["used"], bool)
        and (values["kind"] in USABLE or not values["used"])
        and type(values["missing"]) is int
        and values["missing"] >= 0
        and values["date_format"] in ("", *PATTERNS)
        and set(values["parts"]) <= set(DATE_PARTS)
        and len(set(values["parts"])) == len(values["parts"])
        and (not values["used"] or bool(values["parts"]) == (values["kind"] == "date"))
        and len(values["words"]) in (0, 2)
        and len(set(values["categories"])) == len(values["categories"])
    )
    if not is_right:
        raise _not_written(where)
    return Column(**values)


def _entry(data: object, name: str) -> object:
    """One of the two entries of the schema's dict."""
    if not isinstance(data, dict) or set(data) != {"columns", "target"}:
        raise _not_written("schema")
    return data[name]


def _values(entry: object, kind: type[Column] | type[Target], place: str) -> Json:
    """The fields of a dataclass from a dict that has exactly them; lists of texts as tuples."""
    names = {field.name: field.type for field in fields(kind)}
    if not isinstance(entry, dict) or set(entry) != set(names):
        raise _not_written(place)
    values = dict(entry)
    for name, annotation in names.items():
        if annotation == tuple[str, ...]:
            if not isinstance(values[name], list) or not all(isinstance(word, str) for word in values[name]):
                raise _not_written(place)
            values[name] = tuple(values[name])
        elif name in ("kind", "task", "date_format") and not isinstance(values[name], str):
            raise _not_written(place)
    values["why"] = text_from_json(entry["why"], place)
    return values


def _not_written(place: str) -> Problem:
    """The Problem for JSON that is not what a schema writes."""
    return Problem(
        tr("the schema does not read as torchwise writes it, at {place}", place=quoted(place)),
        why=tr("the file was changed, cut off, or written by another version"),
        fix=tr("take the run folder from where it was made, or train again"),
    )
