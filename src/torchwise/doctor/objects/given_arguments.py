"""The arguments that a layer was built with, as its `__init__` got them."""

import ast
import re
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.objects.handed import UNKNOWN, operands
from torchwise.doctor.objects.signatures import keyword_spot
from torchwise.doctor.spots import Spot

NO_SIZES = {
    "p",
    "bias",
    "eps",
    "momentum",
    "dropout",
    "lr",
    "affine",
    "negative_slope",
    "device",
    "dtype",
    "dilation_rate",
}
WRONG_TYPE = re.compile(r"but got ([\w.]+)|element of type ([\w.]+)|ints, not ([\w.]+)|, got:? ([\w.]+)|^'([\w.]+)' object"
                        r"|instances of '(?:int\W+\w+\W+)?([\w.]+)'")  # fmt: skip


def arguments(case: Case) -> dict[str, Any]:
    """What the constructor got, by name: from the first of its frames that names its parameters."""
    owner = case.inner[0].locals.get("self")
    for frame in case.inner:
        if frame.function != "__init__" or frame.locals.get("self") is not owner:
            break
        given = frame.arguments()
        if not isinstance(given.get("args"), tuple):
            return {name: value for name, value in given.items() if name not in ("self", "mode")}
    return {}


def odd_argument(case: Case, given: dict[str, Any]) -> tuple[str, Any] | None:
    """The argument that is no size: by the type or the value that the error names."""
    text = case.text
    if (match := re.search(r"(?P<name>\w+) should be of type int", text)) and match["name"] in given:
        return match["name"], given[match["name"]]
    if match := re.search(r"between 0 and 1, but got (?P<value>\S+)", text):
        found = [(n, v) for n, v in given.items() if str(v) == match["value"]]
        return found[0] if found else None
    sizes = {n: v for n, v in given.items() if n not in NO_SIZES and not isinstance(v, bool)}
    named = WRONG_TYPE.search(text)
    kind = next((group for group in named.groups() if group), "").rpartition(".")[2] if named is not None else ""
    found = [(n, v) for n, v in sizes.items() if type(v).__name__ == kind or (kind.startswith("float") and is_float(v))]
    if found:
        return found[0]
    if "negative" in text or "positive" in text or "greater than" in text:
        found = [(n, v) for n, v in sizes.items() if isinstance(v, int) and v <= 0]
        return found[0] if found else None
    return next(((n, v) for n, v in sizes.items() if is_float(v) and n in declared_whole(case)), None)


def declared_whole(case: Case) -> set[str]:
    """The parameters that the layer under construction declares as whole numbers."""
    owner = case.inner[0].locals.get("self") if case.inner else None
    declared = getattr(getattr(type(owner), "__init__", None), "__annotations__", {})
    return {name for name, kind in declared.items() if kind in (int, "int")}


def is_float(value: Any) -> bool:
    """Whether a value is a float of Python's or NumPy's, or a tuple with one."""
    if isinstance(value, tuple | list):
        return any(is_float(item) for item in value)
    return isinstance(value, float) or type(value).__name__.startswith("float")


def argument_spot(case: Case, cls: type, name: str, given: dict[str, Any]) -> Spot | None:
    """The expression that the user's call gave for a parameter."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return None
    call = case.spot(node)
    if (found := keyword_spot(case.flow, call, name)) is not None:
        return found[0]
    names = [item for item in given]
    place = names.index(name) if name in names else -1
    if any(isinstance(item, ast.Starred) for item in node.args) or not 0 <= place < len(node.args):
        same = [item for item, value in operands(case) if value is not UNKNOWN and value is given.get(name)]
        return call.at(same[0], ()) if same else None
    return call.at(node.args[place], ())
