"""Arrays and lists that become no tensor: negative strides, text, objects, ragged rows."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import expressions_behind, search_back, walked
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.handed import UNKNOWN, handed
from torchwise.doctor.rules.negative_strides import array_has_negative_strides, array_spot
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

DTYPE = re.compile(r"can't convert np.ndarray of type numpy\.(?P<dtype>\w+)|byte order|strides? not a multiple")
RAGGED = re.compile(
    r"expected sequence of length (?P<one>\d+) at dim (?P<dim>\d+) \(got (?P<other>\d+)\)|not a sequence|inhomogeneous shape"
)
TEXTS = re.compile(r"too many dimensions 'str'|invalid data type 'str'|must be real number, not (?P<kind>\w+)"
                   r"|Could not infer dtype of (?P<other>\w+)|'(?P<text>str)' object cannot be interpreted|not a number"
                   r"|could not determine the shape of object type '(?P<table>\w+)'|could not convert string to float")  # fmt: skip


def array_has_another_dtype(case: Case) -> Iterator[Finding]:
    """TW624: text, dates, big-endian numbers; TW625: Python objects."""
    match = DTYPE.search(case.text) if isinstance(case.error, TypeError | ValueError) else None
    spot = array_spot(case) if match is not None else None
    if match is None or spot is None:
        return
    value = spot.value()
    dtype = (match["dtype"] or "").rstrip("_") or str(getattr(value, "dtype", "?"))
    code = " ".join(spot.text.split())
    if dtype == "object":
        yield from _objects(case, spot, value, code)
        return
    what = note("{code} is an array of {dtype}, which torch hasn't", code=code, dtype=dtype)
    if "byte order" in case.text:
        what = note(
            "{code} is an array of big-endian numbers ({dtype})", code=code, dtype=str(getattr(value, "dtype", dtype))
        )
    why = note("tensors hold numbers and bool in the machine's own byte order")
    cast = {"str": None, "datetime64": '.astype("int64")', "longdouble": '.astype("float64")'}.get(
        dtype, '.astype("float32")'
    )
    place = _made_of(case, spot, _is_text) if dtype == "str" else _dtype_written(case, spot)
    if cast is None and _are_numbers(value):
        change = replaced(spot, spot.node, f'{code}.astype("float32")', least=spot.source.parents.get(spot.node))
        yield case.finding(
            "TW624", what, why=note("its texts are numbers, written out"), fix=change.text, mend=change.mend
        )
        return
    if cast is None:
        fix: Words = note("numbers instead of text: a dictionary from names to 0, 1, 2, ...")
        yield case.finding("TW624", what, why=why, fix=fix, mend=place or case.flow.born(spot))
        return
    target = place or spot
    change = replaced(
        target, target.node, f"{' '.join(target.text.split())}{cast}", least=target.source.parents.get(target.node)
    )
    yield case.finding("TW624", what, why=why, fix=change.text, mend=change.mend)


def _are_numbers(value: Any) -> bool:
    """Whether texts are numbers written out."""
    texts = [str(item) for item in list(getattr(value, "flat", ()))[:200]]
    return bool(texts) and all(re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", text, re.I) for text in texts)


def _dtype_written(case: Case, spot: Spot) -> Spot | None:
    """The call that asks for the dtype."""
    return search_back(case.flow, spot, lambda s: isinstance(s.node, ast.Call) and (
        call_name(s.node) in ("astype", "view", "frombuffer", "fromfile") or any(k.arg == "dtype" for k in s.node.keywords)))  # fmt: skip


def _objects(case: Case, spot: Spot, value: Any, code: str) -> Iterator[Finding]:
    """An object array: text columns of a table, None among numbers, rows of different lengths."""
    what = note("{code} is an array of Python objects (object), which becomes no tensor", code=code)
    table, base = _table_behind(case, spot)
    if table is not None and base is not None:
        columns = [
            str(name) for name, kind in table.dtypes.items() if str(kind) in ("object", "str", "string", "category")
        ]
        why = note(
            "the columns {columns} hold no numbers, so the table as a whole becomes objects", columns=", ".join(columns)
        )
        text = " ".join(base.text.split())
        change = replaced(
            base,
            base.node,
            f"{text}.drop(columns={columns})" if columns else text,
            least=base.source.parents.get(base.node),
        )
        if columns:
            yield case.finding("TW625", what, why=why, fix=change.text, mend=change.mend)
            return
    odd = _odd_element(value)
    cause, place, fix = _of_elements(case, spot, odd)
    yield case.finding("TW625", what, why=cause, fix=fix, mend=place or case.flow.born(spot))


def _table_behind(case: Case, spot: Spot) -> tuple[Any, Spot | None]:
    """The DataFrame whose values were taken, and the expression of it."""
    for found in expressions_behind(case.flow, spot):
        for node in walked(found.node):
            is_values = isinstance(node, ast.Attribute) and node.attr in ("values", "to_numpy")
            if not is_values or not isinstance(node, ast.Attribute):
                continue
            base = found.at(node.value, ())
            for part in walked(node.value):  # the table itself, or the one that its columns were taken from
                value = found.at(part, ()).value()
                value = case.flow.held(found.at(part, ())) if value is None else value
                if type(value).__name__ == "DataFrame":
                    return value, base
    return None, None


def _odd_element(value: Any) -> Any:
    """The first element that is no number; the array's own shape is not looked at."""
    flat = list(getattr(value, "flat", ()))[:2000] if value is not None else []
    return next((item for item in flat if not isinstance(item, int | float | complex)), UNKNOWN)


def _of_elements(case: Case, spot: Spot, odd: Any) -> tuple[Words, Spot | None, Words]:
    """Why the elements are no numbers, where the odd one came in, and what would be one."""
    if odd is None:
        place = _made_of(case, spot, _is_none)
        return note("one element is None, and None is no number"), place, _nan_instead(place)
    if isinstance(odd, str):
        place = _made_of(case, spot, _is_text)
        return (
            note("one element is the text {text}", text=repr(odd[:20])),
            place,
            note("float(...) of the text, or a number for each name"),
        )
    if odd is UNKNOWN:
        return note("its elements are no plain numbers"), None, '.astype("float32")'
    if hasattr(odd, "__len__"):
        return (note("its rows are of different lengths, so NumPy keeps them as objects"), None,
                note("pad them to one length: torch.nn.utils.rnn.pad_sequence"))  # fmt: skip
    return note("one element is a {kind}", kind=type(odd).__name__), None, note("numbers instead")


def _nan_instead(place: Spot | None) -> Words:
    if place is None:
        return 'float("nan")'
    parent = place.source.parents.get(place.node)
    if isinstance(parent, ast.IfExp):
        return " ".join(place.source.text(parent).replace("None", 'float("nan")').split())
    return 'float("nan")'


def _made_of(case: Case, spot: Spot, is_it: Any) -> Spot | None:
    return search_back(case.flow, spot, is_it)


def _is_none(spot: Spot) -> bool:
    parent = spot.source.parents.get(spot.node)
    is_value = isinstance(parent, ast.IfExp | ast.List | ast.Tuple | ast.Return | ast.Dict | ast.Assign)
    return isinstance(spot.node, ast.Constant) and spot.node.value is None and is_value


def _is_text(spot: Spot) -> bool:
    node = spot.node
    parent = spot.source.parents.get(node)
    is_value = isinstance(parent, ast.List | ast.Tuple | ast.IfExp | ast.Return)
    return (isinstance(node, ast.Constant) and isinstance(node.value, str) and is_value) or (
        isinstance(node, ast.Call) and call_name(node) in ("split", "splitlines", "read", "readlines", "reader")
    )


def list_becomes_no_tensor(case: Case) -> Iterator[Finding]:
    """TW625: text, None or rows of different lengths in what is to become a tensor."""
    if not isinstance(case.error, TypeError | ValueError | RuntimeError) or case.frame is None:
        return
    ragged, texts = RAGGED.search(case.text), TEXTS.search(case.text)
    node = case.frame.node
    if (ragged is None and texts is None) or not isinstance(node, ast.Call) or case.inner:
        return
    if "torch" not in ast.unparse(node.func) and call_name(node) not in (
        "tensor",
        "as_tensor",
        "FloatTensor",
        "LongTensor",
        "Tensor",
        "array",
    ):
        return
    spot = array_spot(case) or (case.spot(node.args[0]) if node.args else None)
    if spot is None or (call_name(node) == "array" and not _is_for_torch(case, node)):
        return
    value, code = spot.value(), " ".join(spot.text.split())
    code = code if len(code) < 50 else code[:47] + "..."
    if ragged is not None:
        yield _ragged(case, spot, value, code, ragged)
        return
    assert texts is not None, "one of the two"
    yield _odd_things(case, spot, value, code, texts)


def _is_for_torch(case: Case, node: ast.Call) -> bool:
    """Whether a NumPy array is made in a data set or right within a call of torch's."""
    parent = case.frame.source.parents.get(node) if case.frame is not None and case.frame.source is not None else None
    return isinstance(parent, ast.Call) and "torch" in ast.unparse(parent.func)


def _ragged(case: Case, spot: Spot, value: Any, code: str, match: re.Match[str]) -> Finding:
    lengths = [len(item) for item in value if isinstance(item, list | tuple)] if isinstance(value, list | tuple) else []
    shown = ", ".join(map(str, dict.fromkeys(lengths[:20]))) or f"{match['one']}, {match['other']}"
    what = note("{code} has rows of different lengths: {lengths}", code=code, lengths=shown)
    why = note("a tensor is a rectangle: all rows have one length")
    fix = "pad_sequence([torch.tensor(row) for row in rows], batch_first=True)".replace(
        "rows", code if code.isidentifier() else "rows"
    )
    return case.finding("TW625", what, why=why, fix=fix, mend=spot)


def _odd_things(case: Case, spot: Spot, value: Any, code: str, match: re.Match[str]) -> Finding:
    kind = match["kind"] or match["other"] or match["table"] or "str"
    what = note("{code} holds a {kind}, which is no number", code=code, kind=kind)
    why = note("tensors hold numbers only")
    if kind in ("DataFrame", "Series"):
        what = note("{code} is a {kind}, which torch doesn't take", code=code, kind=kind)
        change = replaced(spot, spot.node, f"{code}.to_numpy()", least=spot.source.parents.get(spot.node))
        return case.finding("TW625", what, why=note("to_numpy() gives its array"), fix=change.text, mend=change.mend)
    if kind == "NoneType":
        place = _made_of(case, spot, _is_none)
        return case.finding("TW625", what, why=why, fix=_nan_instead(place), mend=place or case.flow.born(spot))
    if kind == "str":
        place = _made_of(case, spot, _is_text) or case.flow.born(spot)
        fix: Words = note("a number for each name: {example}", example="{'cat': 0, 'dog': 1}[name]")
        return case.finding("TW625", what, why=why, fix=fix, mend=place)
    if kind == "Image":
        change = replaced(spot, spot.node, f"np.array({code})", least=spot.source.parents.get(spot.node))
        return case.finding("TW625", what, why=why, fix=change.text, mend=change.mend)
    if kind in ("map", "generator", "dict_values", "dict_keys", "filter", "zip"):
        change = replaced(spot, spot.node, f"list({code})", least=spot.source.parents.get(spot.node))
        return case.finding("TW625", what, why=note("a list of numbers is needed"), fix=change.text, mend=change.mend)
    return case.finding("TW625", what, why=why, mend=case.flow.born(spot))


def array_is_passed_on(case: Case) -> Iterator[Finding]:
    """TW624: a layer or a function of torch's gets a NumPy array."""
    given = handed(case)
    if given is None or given.spot is None or given.kind != "ndarray":
        return
    code = " ".join(given.spot.text.split())
    change = _at_birth(case, given.spot, "torch.from_numpy")
    what = note("{consumer} gets a NumPy array instead of a tensor: {code}", consumer=given.consumer or code, code=code)
    why = note("layers and functions of torch take tensors only")
    yield case.finding("TW624", what, why=why, fix=change.text, mend=change.mend)


def _at_birth(case: Case, spot: Spot, function: str) -> Change:
    """The conversion where the value was made, if that is in the same function; else where it is used."""
    born = case.flow.born(spot)
    place = born if isinstance(born.node, ast.Call | ast.Subscript | ast.BinOp | ast.List) else spot
    text = " ".join(place.text.split())
    if len(text) > 70:
        return at_line(place, note("{function} of it", function=function))
    return replaced(place, place.node, f"{function}({text})", least=place.source.parents.get(place.node))


RULES = (array_has_negative_strides, array_has_another_dtype, list_becomes_no_tensor, array_is_passed_on)
