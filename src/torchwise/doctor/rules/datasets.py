"""The length of a data set is missing, is no whole number, or counts samples that are not there."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset, IterableDataset

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.definitions import classes_of, method_defined, nearest
from torchwise.doctor.objects.loading import bare, data_under_way, is_fetching
from torchwise.doctor.objects.origins import nothing_of
from torchwise.doctor.rules.nothing import return_missing
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, returns_of
from torchwise.doctor.tracing.earlier import value_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note


def length_is_missing(case: Case) -> Iterator[Finding]:
    """TW622: the data set has no `__len__`."""
    match = (
        re.search(r"object of type '(?P<kind>\w+)' has no len\(\)", case.text)
        if isinstance(case.error, TypeError)
        else None
    )
    if match is None or match["kind"] == "NoneType":
        return
    data = _data(case)
    if (
        data is None
        or isinstance(data, type)
        or type(data).__name__ != match["kind"]
        or not (isinstance(data, Dataset) or hasattr(data, "__getitem__"))
    ):
        return
    kind = type(data).__name__
    what = note("the data set {kind} has no __len__", kind=kind)
    why = note("the loader asks a data set for len(data), and then for the samples 0 to len - 1")
    if isinstance(data, IterableDataset):
        what = note("the IterableDataset {kind} has no __len__, so its loader has no length", kind=kind)
        why = note("how many samples a stream gives is only known at its end")
        yield case.finding("TW622", what, why=why, fix=note("count the batches in the loop, or define __len__"))
        return
    for source, owner in classes_of(data):
        methods = {item.name: item for m in ast.walk(owner) if isinstance(m, ast.ClassDef | ast.FunctionDef)
                   for item in m.body if isinstance(item, ast.FunctionDef)}  # fmt: skip
        near = "__len__" if "__len__" in methods else nearest("__len__", [m for m in methods if m != "__init__"], 0.75)
        near = near or next((m for m in ("len", "length", "size", "__length__", "__size__") if m in methods), None)
        if near is None:
            continue
        method = methods[near]
        what = note(
            "the data set {kind} has no __len__, but {near} at line {line}", kind=kind, near=near, line=method.lineno
        )
        if near == "__len__":
            mend = Mend(file=source.file, line=method.lineno)
            yield case.finding("TW622", what, why=note("it stands within another method"), mend=mend,
                               fix=note("def __len__(self) one level further out, beside __init__"))  # fmt: skip
            return
        mend = Mend(file=source.file, line=method.lineno, old=f"def {near}(", new="def __len__(")
        yield case.finding("TW622", what, why=why, fix="def __len__(self):", mend=mend)
        return
    owners = classes_of(data)
    place = Mend(file=owners[0][0].file, line=owners[0][1].lineno) if owners else None
    held = next((n for n, v in vars(data).items() if isinstance(v, Tensor | list) or hasattr(v, "shape")), "data")
    yield case.finding("TW622", what, why=why, fix=f"def __len__(self): return len(self.{held})", mend=place)


def _data(case: Case) -> Any:
    """The data set that was asked for its length: by a loader, or by the user's `len`."""
    node = case.frame.node if case.frame is not None else None
    if not case.inner and isinstance(node, ast.Call) and call_name(node) == "len" and node.args:
        return bare(case.value(node.args[0]))
    return data_under_way(case)


def length_is_no_number(case: Case) -> Iterator[Finding]:
    """TW622: `__len__` gives a float, a shape, None or a negative number."""
    if not isinstance(case.error, TypeError | ValueError):
        return
    match = re.search(
        r"'(?P<kind>[\w.]+)' object cannot be interpreted as an integer|__len__\(\) should return", case.text
    )
    data = _data(case) if match is not None else None
    length = method_defined(data, "__len__") if data is not None else None
    if match is None or length is None:
        return
    kind = match["kind"] or note("a negative number")
    what = note("{name} gives a {kind}", name=length.name, kind=kind)
    why = note("the length of a data set is a whole number (int), 0 or more")
    given = returns_of(length.scope)
    if match["kind"] == "NoneType" and (origin := nothing_of(length)) is not None and origin.kind == "no return":
        change, _ = return_missing(origin)
        yield case.finding(
            "TW622", what, why=note("a function without return gives None"), fix=change.text, mend=change.mend
        )
        return
    if not given:
        return
    spot = case.flow.born(length.spot(given[-1]))
    spot = length.spot(given[-1]) if spot.source.scope_of(spot.node) is not length.scope else spot
    new: Words = _whole(spot)
    change = replaced(spot, spot.node, str(new), least=spot.source.parents.get(spot.node))
    yield case.finding("TW622", what, why=why, fix=change.text, mend=change.mend)


def _whole(spot: Spot) -> str:
    """The expression as a whole number."""
    node, source = spot.node, spot.source
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return f"{source.text(node.left)} // {source.text(node.right)}"
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return f"{spot.text}[0]"
    if isinstance(node, ast.Call) and call_name(node) == "size" and not node.args:
        return f"{spot.text[:-1]}0)"
    if isinstance(node, ast.Attribute):
        return f"len({spot.text})"
    return f"int({spot.text})"


def length_fails(case: Case) -> Iterator[Finding]:
    """TW622: `__len__` itself fails, mostly for a misspelt attribute."""
    frame = case.frame
    if frame is None or frame.node is None or frame.function != "__len__" or case.inner:
        return
    data = frame.receiver()
    if not isinstance(data, Dataset):
        return
    lines = case.text.strip().splitlines() or [""]
    what = note("{name}.__len__ fails: {error}", name=type(data).__name__, error=lines[0])
    match = re.search(r"has no attribute '(\w+)'", case.text)
    name = match[1] if match is not None else ""
    use = next((n for n in ast.walk(frame.node) if isinstance(n, ast.Attribute) and n.attr == name), None)
    near = nearest(name, vars(data), 0.6) if name else None
    if use is None or near is None:
        yield case.finding("TW622", what, sure=False)
        return
    change = replaced(case.spot(use), use, f"{ast.unparse(use.value)}.{near}", least=use)
    yield case.finding("TW622", what, why=note("the data set has {near}", near=near), fix=change.text, mend=change.mend)


def length_counts_too_many(case: Case) -> Iterator[Finding]:
    """TW622: the loader asks for a sample that is not there."""
    frame = _getter(case)
    if not isinstance(case.error, IndexError) or frame is None or frame.function != "__getitem__":
        return
    data = frame.receiver()
    length = method_defined(data, "__len__")
    index = _index(frame)
    if length is None or index is None or not is_fetching(case) or frame is not case.frame:
        return
    base, used = _indexed(case, frame)
    if base is None or used is None:
        return
    container = _size(base.value())
    given = returns_of(length.scope)
    position = used.value()
    if container is None or not given or not isinstance(position, int) or not 0 <= container <= position:
        return
    spot = length.spot(given[-1])
    count = value_of(case.flow, Spot(spot.source, spot.node, receiver=data))
    if isinstance(count, int) and index >= count:
        return
    offset = position - index
    if offset == 1 and (found := _always_the_next(case, frame, base, used)) is not None:
        yield found
        return
    shown = count if isinstance(count, int) else note("more")
    name = base.text.removeprefix("self.")
    what = note("{length} counts {count} samples, but {name} has only {container} entries",
                length=length.name, count=shown, name=name, container=container)  # fmt: skip
    why = note("for sample {index} the entry {position} of {name} is needed", index=index, position=position, name=name)
    new = f"len({base.text})"
    if offset:
        width = _offset_text(frame, used) or str(offset)
        value = (
            case.flow.held(Spot(frame.source, ast.parse(width, mode="eval").body, receiver=data))
            if frame.source
            else None
        )
        number = note(" ({value})", value=value) if isinstance(value, int) else ""
        why = note("sample {index} needs the entry {position} of {name}, {width}{number} further on",
                   index=index, position=position, name=name, width=width.removeprefix("self."), number=number or f" ({offset})")  # fmt: skip
        new = f"len({base.text}) - {width}"
    change = replaced(spot, spot.node, new, least=spot.source.parents.get(spot.node))
    yield case.finding("TW622", what, why=why, fix=change.text, mend=change.mend)


def _always_the_next(case: Case, frame: Frame, base: Spot, used: Spot) -> Finding | None:
    """`self.x[i + 1]` where nothing else uses the index: the samples are counted from 0, not from 1."""
    name = frame.code.co_varnames[1]
    uses = (
        [n for n in ast.walk(frame.scope) if isinstance(n, ast.Name) and n.id == name]
        if frame.scope is not None
        else []
    )
    if len(uses) != 1 or not isinstance(used.node, ast.BinOp):
        return None
    change = replaced(used, used.node, name, least=used.source.parents.get(used.node))
    what = note("the last sample asks for the entry {position} of {name}, which has {count}: 0 to {last}",
                position=used.value(), name=base.text.removeprefix("self."), count=len(base.value()),
                last=len(base.value()) - 1)  # fmt: skip
    why = note("the loader counts the samples from 0")
    return case.finding("TW623", what, why=why, fix=change.text, mend=change.mend)


def _getter(case: Case) -> Frame | None:
    return next((f for f in reversed(case.user) if f.function == "__getitem__"), None)


def _index(frame: Frame) -> int | None:
    """The index that `__getitem__` was called with."""
    names = frame.code.co_varnames[: frame.code.co_argcount]
    value = frame.locals.get(names[1]) if len(names) > 1 else None
    return value if isinstance(value, int) else None


def _indexed(case: Case, frame: Frame) -> tuple[Spot | None, Spot | None]:
    """What is indexed in the failing expression, and the index."""
    node = frame.node
    subscripts = [n for n in ast.walk(node) if isinstance(n, ast.Subscript)] if node is not None else []
    for item in subscripts:
        first = item.slice.elts[0] if isinstance(item.slice, ast.Tuple) and item.slice.elts else item.slice
        base = item.value
        if isinstance(base, ast.Attribute) and base.attr in ("iloc", "loc", "iat"):
            base = base.value
        if not isinstance(first, ast.Slice):
            return case.spot(base, frame), case.spot(first, frame)
    return None, None


def _size(value: Any) -> int | None:
    """The number of entries of a container."""
    if isinstance(value, list | tuple | Tensor | str) and (not isinstance(value, Tensor) or value.dim()):
        return len(value)
    if type(value).__name__ in ("ndarray", "DataFrame", "Series", "memmap"):
        return len(value)
    return None


def _offset_text(frame: Frame, used: Spot) -> str | None:
    """What is added to the index of the sample: self.window."""
    node: Any = used.node
    if isinstance(node, ast.Name):
        bound = [b.node for b in bindings_in(used.source.scope_of(node), node.id) if b.kind == "value"]
        node = bound[-1] if bound else node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        names = frame.code.co_varnames[1:2]
        sides = [side for side in (node.left, node.right) if ast.unparse(side) not in names]
        return ast.unparse(sides[0]) if len(sides) == 1 else None
    return None


RULES = (length_is_missing, length_is_no_number, length_fails, length_counts_too_many)
