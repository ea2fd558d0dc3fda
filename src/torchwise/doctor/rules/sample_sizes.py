"""Samples of different sizes in one batch, and what was to make them alike: padding, a crop, the length of a data set."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.definitions import Definition, method_defined, within
from torchwise.doctor.objects.loading import calls_of
from torchwise.doctor.objects.padding import Mended, cut_but_not_padded, padded_but_not_cut, padding_not_given
from torchwise.doctor.objects.samples_at_hand import Collation, callables_of, collation
from torchwise.doctor.objects.transformless import transform_left_out
from torchwise.doctor.rules.sample_channels import differ_in_channels, one_number_of_channels
from torchwise.doctor.source import Scope
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, returns_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding
from torchwise.texts import either, note

DIFFERENT = re.compile(r"equal size|Trying to resize storage|same size|stack expects|expected sequence of length")
RANDOM = {"randint", "randrange", "integers", "random_integers", "choice", "uniform", "random"}


def samples_differ_in_size(case: Case) -> Iterator[Finding]:
    """TW620: the tensors of a batch have different shapes; TW622 where windows run over the end of a series."""
    if not isinstance(case.error, RuntimeError | ValueError) or not DIFFERENT.search(case.text):
        return
    found = collation(case)
    if found is None:
        return
    shapes = list(dict.fromkeys(_shape(part) for part in found.parts))
    if len(shapes) < 2:
        return
    shown = note("{first} and {second}", first=str(shapes[0]), second=str(shapes[1]))
    where = found.label
    what = note("the samples of a batch have different shapes: {shapes}", shapes=shown)
    if where:
        what = note("part {where} of the samples has different shapes: {shapes}", where=where, shapes=shown)
    why = note("the loader stacks the samples, so all must have one shape")
    for code, change, more in _mends(case, found, shapes):
        reason = note("{rule}; {more}", rule=why, more=more) if str(more) else why
        yield case.finding(code, what, why=reason, fix=change.text, mend=change.mend)
        return
    yield case.finding("TW620", what, why=why, fix="collate_fn=...", mend=found.loader)


def _shape(part: object) -> tuple[int, ...]:
    if isinstance(part, Tensor) or type(part).__name__ == "ndarray":
        return tuple(part.shape)  # type: ignore[attr-defined]
    return (len(part),) if isinstance(part, list | tuple | str) else ()


def _mends(case: Case, found: Collation, shapes: list[tuple[int, ...]]) -> Iterator[Mended]:
    """What may be changed, the likeliest first."""
    yield from _over_the_end(case, found)
    yield from _crop_over_the_border(found)
    yield from padded_but_not_cut(case, found, [shape[0] for shape in shapes if shape])
    yield from padding_not_given(case, found)
    yield from cut_but_not_padded(case, found)
    ranks = {len(shape) for shape in shapes}
    left_out = transform_left_out(case, found.data, found.loader) if ranks <= {2, 3} else None
    if left_out is not None:
        yield "TW620", left_out, note("this data set has no transform, another one of its class has")
    if ranks == {3} or (ranks == {2, 3}):
        yield from _images(case, found, shapes)
    if differ_in_channels(shapes):
        for change, more in one_number_of_channels(case, found, shapes):
            yield "TW620", change, more
    elif ranks == {1} or all(shape[1:] == shapes[0][1:] for shape in shapes):
        yield from _sequences(found)
    part = found.part_spot
    if part is not None:
        yield "TW620", at_line(part, note("make them of one size here, or pad them in a collate_fn")), ""


def _over_the_end(case: Case, found: Collation) -> Iterator[Mended]:
    """`series[i : i + window]` near the end is shorter: `__len__` counts too many."""
    part = found.part_spot
    getter, length = found.getter, method_defined(found.data, "__len__")
    if part is None or getter is None or length is None or isinstance(getter.scope, ast.Lambda):
        return
    made = case.flow.born(part)
    index = next((item.arg for item in getter.scope.args.args[1:2]), "")
    scope = made.source.scope_of(made.node)
    piece = next((n for n in ast.walk(made.node) if isinstance(n, ast.Subscript) and _begins_at(n, index, scope)), None)
    given = returns_of(length.scope)
    if piece is None or not given or not isinstance(piece.slice, ast.Slice) or piece.slice.upper is None:
        return
    terms = list(_terms(piece.slice.upper, index, scope))
    widths = [made.source.text(term) for term in terms if not _mentions(term, index)]
    spot, series = _counted(case, found, terms, index) or length.spot(given[-1]), made.source.text(piece.value)
    bare = {width.removeprefix("self.") for width in widths}
    if not widths or all(width in spot.text for width in bare):
        return
    if isinstance(spot.source.parents.get(spot.node), ast.Call) and spot.node is not given[-1]:
        series, widths = series.removeprefix("self."), [width.removeprefix("self.") for width in widths]
    rest = f"len({series}) - {' - '.join(widths)}"
    strides = [made.source.text(s) for term in terms for s in _strides(term, index)]
    counted = f"({rest}) // {strides[0]} + 1" if strides else f"{rest} + 1"
    change = replaced(spot, spot.node, counted, least=spot.source.parents.get(spot.node))
    code = made.source.text(piece)
    yield "TW622", change, note("{code} is shorter near the end: __len__ counts windows that are not whole", code=code)


def _counted(case: Case, found: Collation, terms: list[ast.expr], index: str) -> Spot | None:
    """The end of the range that a data set keeps the beginnings of its windows in: self.starts[index]."""
    getter = found.getter
    kept = [t.value for t in terms if isinstance(t, ast.Subscript) and ast.unparse(t.slice) == index]
    if getter is None or not kept:
        return None
    born = case.flow.born(Spot(getter.source, kept[0], receiver=found.data))
    for node in ast.walk(born.node):
        if isinstance(node, ast.Call) and call_name(node) in ("range", "arange") and node.args:
            return born.at(node.args[0] if len(node.args) == 1 else node.args[1], ())
    return None


def _begins_at(node: ast.Subscript, index: str, scope: Scope) -> bool:
    """Whether a slice begins at the index of the sample, or a fixed way behind it."""
    part = node.slice
    if not isinstance(part, ast.Slice) or part.lower is None or part.upper is None:
        return False
    return any(_mentions(term, index) for term in _terms(part.lower, index, scope))


def _terms(sum_: ast.expr, index: str, scope: Scope) -> Iterator[ast.expr]:
    """The terms of a sum, its names replaced by what they are set to in the function."""
    bound = bindings_in(scope, sum_.id) if isinstance(sum_, ast.Name) and sum_.id != index else []
    values = [b.node for b in bound if b.kind == "value" and not b.path and b.node is not sum_]
    if values and isinstance(values[-1], ast.expr) and len(values) == 1:
        yield from _terms(values[0], index, scope)  # type: ignore[arg-type]
    elif isinstance(sum_, ast.BinOp) and isinstance(sum_.op, ast.Add):
        yield from _terms(sum_.left, index, scope)
        yield from _terms(sum_.right, index, scope)
    else:
        yield sum_


def _mentions(term: ast.expr, index: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == index for node in ast.walk(term))


def _strides(term: ast.expr, index: str) -> list[ast.expr]:
    """The factor in `index * stride`."""
    if not isinstance(term, ast.BinOp) or not isinstance(term.op, ast.Mult):
        return []
    sides = [term.left, term.right]
    return [side for side in sides if not _mentions(side, index)] if _mentions(term, index) else []


def _crop_over_the_border(found: Collation) -> Iterator[Mended]:
    """A random begin from which a piece of the wanted size doesn't fit any more."""
    getter = found.getter
    for definition in [*callables_of(found.data), *([getter] if getter is not None else [])]:
        for piece in within(definition.scope):
            if not isinstance(piece, ast.Slice) or not isinstance(piece.lower, ast.Name):
                continue
            size = _added_to(piece, definition)
            start = [b for b in bindings_in(definition.scope, piece.lower.id) if b.kind == "value"]
            call = next(
                (n for b in start for n in ast.walk(b.node) if isinstance(n, ast.Call) and call_name(n) in RANDOM), None
            )
            if size is None or call is None or size in ast.unparse(call):
                continue
            spot = definition.spot(call)
            change = _earlier(spot, call, size) or at_line(spot, note("begin at most {size} before the end", size=size))
            yield (
                "TW620",
                change,
                note("{name} may begin so late that less than {size} is left", name=piece.lower.id, size=size),
            )


def _added_to(piece: ast.Slice, definition: Definition) -> str | None:
    """The size in `[start : start + size]`."""
    end = piece.upper
    if not isinstance(end, ast.BinOp) or not isinstance(end.op, ast.Add) or not isinstance(piece.lower, ast.Name):
        return None
    sides = [side for side in (end.left, end.right) if not (isinstance(side, ast.Name) and side.id == piece.lower.id)]
    return definition.source.text(sides[0]) if len(sides) == 1 else None


def _earlier(spot: Spot, call: ast.Call, size: str) -> Change | None:
    """The random number with an upper end from which the piece still fits."""
    is_inclusive = (
        call_name(call) == "randint" and "torch" not in ast.unparse(call.func) and "np" not in ast.unparse(call.func)
    )
    numbers = [item for item in call.args if not isinstance(item, ast.Tuple | ast.List)]
    if not numbers:
        return None
    high = numbers[-1] if len(numbers) < 2 else numbers[1]
    text = spot.source.text(high)
    base = text.removesuffix("- 1").strip() if text.endswith("- 1") else text
    new = f"{base} - {size}" if is_inclusive else f"{base} - {size} + 1"
    return replaced(spot, high, new, least=call)


def _images(case: Case, found: Collation, shapes: list[tuple[int, ...]]) -> Iterator[Mended]:
    """Images: one number for Resize keeps the ratio of the sides; grey ones among coloured."""
    channels = {shape[0] for shape in shapes if len(shape) == 3}
    if len(channels) > 1 and channels <= {1, 2, 3, 4}:
        for spot in calls_of(case.flow, {"open"}):
            if "Image" in spot.text:
                change = replaced(spot, spot.node, f'{spot.text}.convert("RGB")', least=spot.node)
                yield (
                    "TW620",
                    change,
                    note("some images have {channels} channels", channels=either(sorted(channels))),
                )
    for definition in callables_of(found.data):
        for node in within(definition.scope):
            if isinstance(node, ast.Call) and call_name(node) in ("interpolate", "resize", "Resize", "thumbnail"):
                change = at_line(definition.spot(node), note("one fixed size for all, such as size=(224, 224)"))
                yield "TW620", change, note("{name} gives images of different sizes", name=definition.name)
                return
    for spot in calls_of(case.flow, {"Resize"}):
        given = spot.node.args[0] if isinstance(spot.node, ast.Call) and spot.node.args else None
        if isinstance(given, ast.Constant | ast.Name) and not case.flow.class_called(spot):
            size = spot.source.text(given)
            change = replaced(spot, given, f"({size}, {size})", least=spot.node)
            yield "TW620", change, note("Resize with one number sets the shorter side and keeps the ratio")


def _sequences(found: Collation) -> Iterator[Mended]:
    """Sequences of different lengths are padded when they are put together."""
    loader = found.loader
    if loader is None:
        return
    more = note("sequences of different lengths are padded by a collate_fn")
    item = found.label
    yield (
        "TW620",
        at_line(loader, f"collate_fn=lambda batch: pad_sequence([b{item} for b in batch], batch_first=True)"),
        more,
    )


RULES = (samples_differ_in_size,)
