"""Statistics of the rows that are held out later: a scaler fitted, or a mean taken, before the split."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding
from torchwise.rehearsal.reading.unrolled import Deed, Program, place
from torchwise.rehearsal.reading.upstream import Upstream, base_name, upstream
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.texts import note

FITTED = {
    "StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "QuantileTransformer", "PowerTransformer", "PCA",
    "SimpleImputer", "KNNImputer", "SelectKBest", "SelectPercentile", "SelectFromModel", "VarianceThreshold", "RFE",
    "TruncatedSVD", "KBinsDiscretizer", "TfidfVectorizer", "CountVectorizer", "TargetEncoder",
}  # fmt: skip
CONVERTING = {
    "from_numpy", "tensor", "as_tensor", "Tensor", "FloatTensor", "LongTensor", "array", "asarray", "ascontiguousarray",
    "TensorDataset", "DataLoader", "list", "astype", "to", "reshape", "view",
}  # fmt: skip
STATISTICS = {"mean", "std", "var", "nanmean", "nanstd", "min", "amin", "median", "std_mean"}
RELATING = {
    "corr", "corrwith", "corrcoef", "f_classif", "f_regression", "chi2", "mutual_info_classif", "mutual_info_regression",
}  # fmt: skip
HELD_OUT = re.compile(r"(^|_)(val|valid|validation|test|te|va|dev|holdout|eval)(_|$|\d|x|y)", re.I)
TRAIN = re.compile(r"(^|_)(train|tr|fit)", re.I)


def fitted_before_split(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Rows are split after they were scaled by statistics of all of them."""
    program = rehearsed.program
    told: set[tuple[str, str]] = set()
    for split, rows in _splits(program):
        above = upstream(program, rows)
        for taken in _statistics(program, above):
            rows_text = ast.unparse(rows_of(taken) or taken.node)
            if (taken.file, rows_text) not in told and _is_of_all_rows(program, taken):
                told.add((taken.file, rows_text))
                yield _finding(rehearsed, taken, split)


def _splits(program: Program) -> Iterator[tuple[Deed, Spot]]:
    """The calls and slices that split rows into those for training and others; each with what it splits."""
    slices: dict[tuple[str, str], list[tuple[str, Deed, Spot]]] = {}
    for deed in program.deeds:
        node = deed.node
        if deed.name in ("train_test_split", "random_split") and isinstance(node, ast.Call):
            for argument in node.args[: 1 if deed.name == "random_split" else None]:
                if not isinstance(argument, ast.Starred):
                    yield deed, deed.spot.at(argument, ())
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            for target, value in _pairs(node.targets[0], node.value):
                if (cut := _cut(value)) is not None:
                    slices.setdefault(cut, []).append((ast.unparse(target), deed, deed.spot.at(base_of(value), ())))
    for parts in slices.values():
        names = [name for name, _, _ in parts]
        if any(TRAIN.search(name) for name in names) and any(HELD_OUT.search(name) for name in names):
            yield parts[0][1], parts[0][2]


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """a, b = x, y as pairs."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def _unwrapped(value: ast.expr) -> ast.expr:
    """A value without the conversions around it: x[:n] for torch.tensor(x[:n]).float() and TensorDataset(x[:n], y[:n])."""
    while isinstance(value, ast.Call):
        if call_name(value) in CONVERTING and value.args:
            value = value.args[0]
        elif isinstance(value.func, ast.Attribute) and not value.args:
            value = value.func.value
        else:
            break
    return value


def base_of(value: ast.expr) -> ast.expr:
    """What a subscript (of .iloc, or with conversions around it) takes a part of."""
    value = _unwrapped(value)
    value = value.value if isinstance(value, ast.Subscript) else value
    return value.value if isinstance(value, ast.Attribute) and value.attr in ("iloc", "loc") else value


def _cut(value: ast.expr) -> tuple[str, str] | None:
    """What is cut and where, for x[:n] and x[n:], x[train_rows] and x[test_rows]; None for anything else."""
    value = _unwrapped(value)
    if not isinstance(value, ast.Subscript):
        return None
    rows = value.slice.elts[0] if isinstance(value.slice, ast.Tuple) and value.slice.elts else value.slice
    base = ast.unparse(base_of(value))
    if isinstance(rows, ast.Slice) and (rows.lower is not None or rows.upper is not None):
        return base, "slice"
    if isinstance(rows, ast.Name | ast.Subscript | ast.Compare | ast.UnaryOp | ast.BinOp):
        return base, "rows"
    return None


def _statistics(program: Program, above: Upstream) -> Iterator[Spot]:
    """The fits and means by which the values upstream were changed; each as the call."""
    for spot in above.spots:
        node = spot.node
        if isinstance(node, ast.Call) and call_name(node) in ("fit_transform", "transform", "get_support"):
            yield from _fits(program, spot)
        elif isinstance(node, ast.Call) and call_name(node) in RELATING:
            yield spot
        elif isinstance(node, ast.Call) and call_name(node) == "fillna":
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield from _reductions(program, spot.at(argument, ()))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div):
            yield from _reductions(program, spot.at(node.right, ()))


def _fits(program: Program, spot: Spot) -> Iterator[Spot]:
    """Where the scaler whose transform is called was fitted."""
    assert isinstance(spot.node, ast.Call), "called for calls"
    function = spot.node.func
    if not isinstance(function, ast.Attribute) or not _is_fitted(program, spot.at(function.value, ())):
        return
    if function.attr == "fit_transform":
        yield spot
        return
    name = ast.unparse(function.value)
    for deed in program.named("fit", "fit_transform"):
        if deed.receiver is not None and deed.receiver.text == name and deed.spot.source is spot.source:
            yield deed.spot
            return
    if isinstance(function.value, ast.Call) and call_name(function.value) == "fit":
        yield spot.at(function.value, ())


def _is_fitted(program: Program, receiver: Spot) -> bool:
    """Whether an object learns statistics of the rows, or holds one that does (a pipeline)."""
    made = program.flow.born(receiver)
    return any(isinstance(node, ast.Call) and call_name(node) in FITTED for node in ast.walk(made.node))


def _reductions(program: Program, operand: Spot) -> Iterator[Spot]:
    """The means and deviations that an operand is, perhaps with a constant added to it."""
    waiting = [operand]
    for _ in range(20):
        if not waiting:
            return
        here = program.flow.born(waiting.pop())
        node = here.node
        if isinstance(node, ast.BinOp):
            waiting += [here.at(node.left, ()), here.at(node.right, ())]
        elif isinstance(node, ast.Call) and call_name(node) in STATISTICS:
            yield here
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # .clamp(min=1e-8), .numpy()
            waiting.append(here.at(node.func.value, ()))
        elif isinstance(node, ast.Subscript | ast.Attribute):
            waiting.append(here.at(node.value, ()))


def rows_of(taken: Spot) -> ast.expr | None:
    """What a fit or a mean looks at."""
    assert isinstance(taken.node, ast.Call), "called for calls"
    function = taken.node.func
    receiver = (
        function.value if isinstance(function, ast.Attribute) and function.attr in STATISTICS | RELATING else None
    )
    if receiver is not None and ast.unparse(receiver) not in ("np", "numpy", "torch", "scipy.stats", "stats"):
        return receiver
    return taken.node.args[0] if taken.node.args else None


def _is_of_all_rows(program: Program, taken: Spot) -> bool:
    """Whether a statistic is one over the rows, and over all of them as far as can be told."""
    rows = rows_of(taken)
    assert isinstance(taken.node, ast.Call), "called for calls"
    if rows is None or not is_over_rows(taken.node, rows):
        return False
    above = upstream(program, taken.at(rows, ()))
    if above.open_ends or any(not _is_columns(spot) for spot in above.elements):
        return False
    return not is_of_part(program, taken.at(rows, ()))


def is_of_part(program: Program, rows: Spot) -> bool:
    """Whether rows were computed from some of the rows of something."""
    return any(_is_part(program, spot) for spot in upstream(program, rows).spots)


def is_over_rows(call: ast.Call, rows: ast.expr) -> bool:
    """Whether a mean goes along the rows: no dimension is named, or the first."""
    if call_name(call) not in STATISTICS:
        return True
    after = call.args[1:] if call.args and call.args[0] is rows else call.args
    axis = keyword_of(call, "axis") or keyword_of(call, "dim") or (after[0] if after else None)
    if axis is None:
        return True
    axes = axis.elts if isinstance(axis, ast.Tuple | ast.List) else [axis]
    return any(isinstance(item, ast.Constant) and item.value == 0 for item in axes)


def _is_columns(spot: Spot) -> bool:
    """Whether a loop variable runs through names or numbers of columns."""
    return bool(re.fullmatch(r"(i|j|k|c|f|col\w*|feat\w*|name|field|key|num\w*|dim)", spot.text))


def _is_part(program: Program, spot: Spot) -> bool:
    """Whether an expression takes some of the rows: then the statistics may be those of the training rows."""
    node = spot.node
    if isinstance(node, ast.Name | ast.Attribute) and re.search("train|split|fold", ast.unparse(node), re.I):
        return True
    if isinstance(node, ast.Call):
        return call_name(node) in ("train_test_split", "random_split", "sample", "query", "groupby", "head", "Subset")
    if not isinstance(node, ast.Subscript) or not _takes_rows(node):
        return False
    return call_name(program.flow.born(spot.at(node.slice, ())).node) not in ("randperm", "permutation", "argsort")


def _takes_rows(node: ast.Subscript) -> bool:
    """Whether a subscript may leave out rows; columns are named by texts, or stand behind a full slice."""
    rows = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    if isinstance(rows, ast.Slice):
        return rows.lower is not None or rows.upper is not None
    if isinstance(rows, ast.Constant):
        return not isinstance(rows.value, str | int | type(None) | type(...))
    if isinstance(rows, ast.List):
        return not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in rows.elts)
    return not (isinstance(rows, ast.Name) and re.search("col|feat|numer|target|field|key", rows.id, re.I))


def _finding(rehearsed: Rehearsed, taken: Spot, split: Deed) -> Finding:
    rows = rows_of(taken)
    assert rows is not None, "looked at before"
    return rehearsed.finding(
        "TW750", place(taken),
        note("{code} looks at all rows, and those that are held out are split off only in line {line}",
             code=" ".join(taken.text.split())[:60], line=split.spot.line),
        why=note("the held-out rows have left their mark on the inputs of the training: their score is too good"),
        fix=note("split first, then take the statistics of the training rows of {name} only",
                 name=base_name(rows) or taken.source.text(rows)),
    )  # fmt: skip


RULES = (fitted_before_split,)
