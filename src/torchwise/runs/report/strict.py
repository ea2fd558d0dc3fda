"""Dataclasses as JSON and back, strictly: report.json may come from a stranger."""

import math
import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from torchwise.data.schema_json import text_from_json
from torchwise.errors import Problem
from torchwise.texts import Text, tr

LARGEST = 1e150  # beyond it a square is no longer a number
MOST = 10**15  # of a count

Kind = TypeVar("Kind")
Json = Any  # what json.load gives


def to_json(value: Any) -> Json:
    """A dataclass as dicts, lists, texts and numbers; its floats with 6 digits, null where they are not finite."""
    if isinstance(value, Text):
        return {"message": value.message, "values": dict(value.values)}
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): to_json(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) and abs(value) < LARGEST else None
    return value


def from_json(kind: type[Kind], value: Json) -> Kind:
    """The dataclass that `to_json` wrote. Raises Problem for anything else."""
    try:
        read: Kind = _read(kind, value, "report")
    except AssertionError as error:
        raise _not_written(str(error)) from error
    return read


def _read(kind: Any, value: Json, place: str) -> Any:
    """`value` as a value of type `kind`."""
    origin = get_origin(kind)
    if origin is Literal:
        return _checked(value in get_args(kind) if isinstance(value, str) else False, value, place)
    if origin in (Union, types.UnionType):
        inner = next(part for part in get_args(kind) if part is not type(None))
        return None if value is None else _read(inner, value, place)
    if origin is tuple:
        _checked(isinstance(value, list), value, place)
        return tuple(_read(get_args(kind)[0], entry, f"{place}[{i}]") for i, entry in enumerate(value))
    if origin is dict:
        _checked(isinstance(value, dict), value, place)
        return {name: _read(get_args(kind)[1], entry, f"{place}.{name}") for name, entry in value.items()}
    if kind is Text:
        return _checked(value is not None, text_from_json(value, place), place)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        _checked(isinstance(value, dict) and set(value) == set(hints), value, place)
        return kind(**{name: _read(hint, value[name], f"{place}.{name}") for name, hint in hints.items()})
    return _plain(kind, value, place)


def _plain(kind: Any, value: Json, place: str) -> Any:
    """A text, a truth value or a number."""
    if kind is float:
        if value is None:
            return math.nan
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(_checked(is_number and abs(value) < LARGEST, value, place))
    if kind is int:
        return _checked(type(value) is int and abs(value) < MOST, value, place)
    return _checked(type(value) is kind, value, place)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    return get_type_hints(kind)


def _checked(is_right: bool, value: Kind, place: str) -> Kind:
    """The value, if it is right."""
    if not is_right:
        raise _not_written(place)
    return value


def _not_written(place: str) -> Problem:
    """The Problem for JSON that is not what a report writes."""
    return Problem(
        tr("report.json does not read as torchwise writes it, at {place}", place=place),
        why=tr("the file was changed, cut off, or written by another version"),
        fix=tr("take the run folder from where it was made, or train again"),
    )
