"""`__getitem__` is missing or looks in the wrong place: a label for a position, a misspelt column or key, a file."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch.utils.data import Dataset

from torchwise.doctor.case import Case
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import at_line, name_of_file
from torchwise.doctor.objects.definitions import classes_of, nearest
from torchwise.doctor.objects.loading import calls_of, data_under_way, is_fetching
from torchwise.doctor.objects.signatures import mismatch_in
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

LIKE_GETTERS = ("getitem", "get_item", "get", "get_sample", "__call__", "__next__", "item")
SELECTING = {"query", "drop", "dropna", "sample", "head", "tail", "sort_values", "train_test_split", "drop_duplicates",
             "iloc", "loc"}  # fmt: skip
ASKING = {
    "isin",
    "between",
    "notna",
    "notnull",
    "isna",
    "isnull",
    "contains",
    "startswith",
    "duplicated",
    "eq",
    "gt",
    "lt",
}


def getter_is_missing(case: Case) -> Iterator[Finding]:
    """TW623: the data set has no `__getitem__`, or one without `self` or the index."""
    last = case.frames[-1]
    data = data_under_way(case)
    is_missing = isinstance(case.error, NotImplementedError) and last.function in ("__getitem__", "__iter__")
    is_missing = is_missing or (isinstance(case.error, TypeError) and "is not subscriptable" in case.text and last.function in (
        "fetch", "<listcomp>"))  # fmt: skip
    if last.function == "__getitem__" and isinstance(last.locals.get("self"), Dataset):
        data = last.locals["self"]
    if is_missing and data is not None and (not last.is_user or "__getitem__" not in vars(type(data))):
        yield _without_getter(case, data)
        return
    mismatch = mismatch_in(case.text) if isinstance(case.error, TypeError) else None
    if (
        mismatch is None
        or mismatch.last_name not in ("__getitem__", "__len__")
        or (case.inner and case.inner[-1].is_user)
    ):
        return
    for source, owner in classes_of(data) if data is not None else []:
        for method in owner.body:
            if isinstance(method, ast.FunctionDef) and method.name == mismatch.last_name:
                wanted = ["self", "index"] if method.name == "__getitem__" else ["self"]
                own = [item.arg for item in method.args.args]
                names = wanted if len(own) != 1 or own == ["self"] else ["self", own[0]][: len(wanted)]
                what = note("{name} takes {taken} arguments, the loader gives it {given}", name=f"{owner.name}.{method.name}",
                            taken=mismatch.taken, given=mismatch.given)  # fmt: skip
                why = note("it is called with the object itself and the index of a sample")
                mend = Mend(file=source.file, line=method.lineno)
                code = "TW623" if method.name == "__getitem__" else "TW622"
                yield case.finding(code, what, why=why, fix=f"def {method.name}({', '.join(names)}):", mend=mend)
                return


def _without_getter(case: Case, data: Any) -> Finding:
    kind = type(data).__name__
    wanted = "__iter__" if case.frames[-1].function == "__iter__" else "__getitem__"
    what = note("the data set {kind} has no {wanted}", kind=kind, wanted=wanted)
    why = note("the loader asks for each sample with data[index]")
    for source, owner in classes_of(data):
        methods = {item.name: item for item in ast.walk(owner) if isinstance(item, ast.FunctionDef)}
        others = [m for m in methods if m not in ("__init__", "__len__")]
        near = wanted if wanted in methods else nearest(wanted, others, 0.7)
        near = near or next((m for m in LIKE_GETTERS if m in methods), None)
        if near is None:
            continue
        method = methods[near]
        if near == wanted:
            mend = Mend(file=source.file, line=method.lineno)
            return case.finding("TW623", what, why=note("it stands within another method"), mend=mend,
                                fix=note("def {wanted}(self, index) one level further out", wanted=wanted))  # fmt: skip
        what = note("the data set {kind} has no {wanted}, but {near} at line {line}", kind=kind, wanted=wanted, near=near,
                    line=method.lineno)  # fmt: skip
        mend = Mend(file=source.file, line=method.lineno, old=f"def {near}(", new=f"def {wanted}(")
        return case.finding("TW623", what, why=why, fix=f"def {wanted}({ast.unparse(method.args)}):", mend=mend)
    owners = classes_of(data)
    place = Mend(file=owners[0][0].file, line=owners[0][1].lineno) if owners else None
    return case.finding("TW623", what, why=why, fix=f"def {wanted}(self, index): ...", mend=place)


def sample_is_looked_up_wrongly(case: Case) -> Iterator[Finding]:
    """TW623: a key, a column or a row label that is not there."""
    if not isinstance(case.error, KeyError | IndexError) or not in_getter(case) or case.frame is None:
        return
    table = _table(case)
    key = case.error.args[0] if case.error.args else None
    node = _subscript(case)
    if table is not None and node is not None:
        yield from _in_table(case, table, key, node)
    elif isinstance(case.error, KeyError) and node is not None:
        base = case.value(node.value)
        if isinstance(base, dict):
            yield _in_dict(case, base, key, node)


def in_getter(case: Case) -> bool:
    """Whether a data set's `__getitem__` was at work, by a loader or by hand."""
    frames = [f for f in case.user if f.function in ("__getitem__", "__getitems__", "__iter__")]
    return any(isinstance(f.receiver(), Dataset) or is_fetching(case) for f in frames)


def _subscript(case: Case) -> ast.Subscript | None:
    node = case.frame.node if case.frame is not None else None
    return node if isinstance(node, ast.Subscript) else None


def _table(case: Case) -> Any:
    """The DataFrame or Series that was asked."""
    for frame in case.inner:
        owner = frame.locals.get("self")
        owner = getattr(owner, "obj", owner)
        if type(owner).__module__.split(".")[0] == "pandas" and type(owner).__name__ in ("DataFrame", "Series"):
            return owner
    return None


def _in_table(case: Case, table: Any, key: Any, node: ast.Subscript) -> Iterator[Finding]:
    kind, base = type(table).__name__, case.spot(node.value)
    text = " ".join(base.text.split())
    is_loc = isinstance(node.value, ast.Attribute) and node.value.attr in ("loc", "at")
    if kind == "DataFrame" and not is_loc and not isinstance(key, int | float):
        columns = [str(name) for name in table.columns]
        near = nearest(str(key), columns, 0.6) or next((c for c in columns if c.strip() == str(key).strip()), None)
        yield _no_column(case, key, near, columns, node)
        return
    if kind == "DataFrame" and not is_loc:
        what = note("{code}[{key}] looks for a column {key}, not for a row", code=text, key=key)
        why = note("a DataFrame indexed directly gives columns; rows by position are .iloc[...]")
        change = replaced(base, node.value, f"{text}.iloc", least=node)
        yield case.finding("TW623", what, why=why, fix=change.text, mend=change.mend)
        return
    if isinstance(key, str):
        yield _no_column(case, key, nearest(key, [str(i) for i in list(table.index)[:1000]], 0.7), [], node)
        return
    what = note(
        "no row has the label {key}: the {count} rows keep the labels they had before", key=key, count=len(table)
    )
    why = note("{code} looks by label, and after a filter or split the labels have gaps", code=f"{text}[...]")
    change = replaced(base, node.value, _by_position(node), least=node)
    origin = _where_selected(case, base)
    if origin is not None and not isinstance(origin.source.parents.get(origin.node), ast.Tuple):  # of one part only
        code = " ".join(origin.text.split())
        new = f"{code}.reset_index(drop=True)"
        mended = replaced(origin, origin.node, new, least=origin.source.parents.get(origin.node))
        more = note("{why}, here at {place}", why=why, place=name_of_file(origin))
        yield case.finding("TW623", what, why=more, fix=mended.text, mend=mended.mend)
        yield case.finding("TW623", what, fix=change.text, mend=change.mend, sure=False)
        return
    yield case.finding("TW623", what, why=why, fix=change.text, mend=change.mend)


def _by_position(node: ast.Subscript) -> str:
    base = node.value
    if isinstance(base, ast.Attribute) and base.attr in ("loc", "at"):
        return f"{ast.unparse(base.value)}.iloc"
    return f"{ast.unparse(base)}.iloc"


def _where_selected(case: Case, table: Spot) -> Spot | None:
    """The filter or split that a table comes from, the last one; None if the labels are counted anew behind it."""
    kind = type(table.receiver).__name__
    given = [site.at(item, ()) for site in calls_of(case.flow, {kind}) if isinstance(site.node, ast.Call)
             for item in [*site.node.args, *(keyword.value for keyword in site.node.keywords)]]  # fmt: skip
    for start in [table, *given]:
        found = search_back(case.flow, start, lambda spot: _selects(case, spot))
        if found is not None:
            return None if "reset_index" in found.source.text(found.source.statement_of(found.node)) else found
    return None


def _selects(case: Case, spot: Spot) -> bool:
    """Whether an expression takes some of the rows."""
    node = spot.node
    if isinstance(node, ast.Subscript):
        is_placed = isinstance(node.value, ast.Attribute) and node.value.attr in ("iloc", "loc")
        rows = node.slice.elts[0] if is_placed and isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        if isinstance(rows, ast.Slice):  # [:, 3:] takes columns
            return rows.lower is not None or rows.upper is not None or rows.step is not None
        test = case.flow.born(spot.at(rows, ())).node
        is_test = isinstance(test, ast.Compare | ast.BoolOp | ast.BinOp | ast.UnaryOp) or call_name(test) in ASKING
        return is_placed or is_test
    if not isinstance(node, ast.Call) or call_name(node) not in SELECTING:
        return False
    axis = keyword_of(node, "axis")
    is_of_columns = isinstance(axis, ast.Constant) and axis.value in (1, "columns")
    return not is_of_columns and keyword_of(node, "columns") is None


def _no_column(case: Case, key: Any, near: str | None, columns: list[str], node: ast.Subscript) -> Finding:
    shown = ", ".join(columns[:10])
    what = note("the table has no column {key}", key=repr(key))
    why = note("its columns are {columns}", columns=shown) if shown else note("there is no such label")
    if near is None or not isinstance(node.slice, ast.Constant):
        return case.finding("TW623", what, why=why, fix=f'["{near}"]' if near else "", mend=_literal(case, key))
    new = f'"{near}"' if near.strip() == near else repr(near)
    change = replaced(case.spot(node), node.slice, new, least=node)
    return case.finding("TW623", what, why=why, fix=change.text, mend=change.mend)


def _literal(case: Case, key: Any) -> Spot | None:
    """Where a key is written, if it stands once in the program."""
    found = [Spot(s, n) for s in case.flow.sites.sources for n in ast.walk(s.tree)
             if isinstance(n, ast.Constant) and n.value == key and isinstance(key, str)]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _in_dict(case: Case, base: dict[Any, Any], key: Any, node: ast.Subscript) -> Finding:
    text = " ".join(ast.unparse(node.value).split()).removeprefix("self.")
    keys = [repr(item) for item in list(base)[:8]]
    what = note("{code} has no key {key}", code=text, key=repr(key))
    listed = ", ".join(keys) + (", ..." if len(base) > len(keys) else "")
    why = note("its keys are {keys}", keys=listed) if keys else note("it is empty")
    near = nearest(str(key), [item for item in base if isinstance(item, str)], 0.6)
    if near is not None and isinstance(node.slice, ast.Constant):
        change = replaced(case.spot(node), node.slice, f'"{near}"', least=node)
        return case.finding("TW623", what, why=why, fix=change.text, mend=change.mend)
    other = next((type(item).__name__ for item in base), "")
    if other and other != type(key).__name__:
        why = note("{why}: {other}, not {kind}", why=why, other=other, kind=type(key).__name__)
    missing = isinstance(node.slice, ast.Constant)
    fix: Words = f"{ast.unparse(node.value)}[{keys[0]}]" if missing and len(keys) == 1 else note("a key that is there")
    return case.finding("TW623", what, why=why, fix=fix, mend=case.spot(node))


def file_is_missing(case: Case) -> Iterator[Finding]:
    """TW623: a file of the data set's list is not there."""
    if not isinstance(case.error, FileNotFoundError | IsADirectoryError) or not in_getter(case) or case.frame is None:
        return
    name = str(case.error.filename or case.text)
    what = note("the file of a sample is not there: {name}", name=name)
    why = note("__getitem__ opens a path that __init__ or a table gave; a relative one begins in the folder of the run")
    frame = next((f for f in reversed(case.user) if f.function == "__getitem__"), case.frame)
    operation = case.operation
    start = operation.operands[0].node if operation is not None and operation.operands else None
    born = case.flow.born(case.spot(start)) if start is not None else None
    fix = note("os.path.join(folder, name), or leave out what is missing when the list is made")
    yield case.finding(
        "TW623", what, why=why, fix=fix, mend=born if born is not None else Mend(file=frame.file, line=frame.line)
    )


def fails_in_getter(case: Case) -> Iterator[Finding]:
    """TW623: any other error within `__getitem__`; asked last, where no rule knows better."""
    if not in_getter(case) or case.frame is None:
        return
    frame = next((f for f in reversed(case.user) if f.function in ("__getitem__", "__iter__")), case.frame)
    index = frame.locals.get(frame.code.co_varnames[1]) if frame.code.co_argcount > 1 else None
    lines = case.text.strip().splitlines() or [""]
    owner = type(frame.receiver()).__name__
    what = note("{owner}.{method} fails for sample {index}: {error}", owner=owner, method=frame.function,
                index=index if isinstance(index, int) else "?", error=f"{type(case.error).__name__}: {lines[0]}")  # fmt: skip
    if isinstance(case.error, AttributeError) and (found := _attribute(case, what)) is not None:
        yield found
        return
    spot = case.spot(case.frame.node) if case.frame.node is not None else None
    why = note("the loader asked for this sample; the fault lies in the data set, not in the loop")
    yield case.finding("TW623", what, why=why, fix=note("try data[{index}] alone", index=index if index is not None else 0),
                       mend=spot, sure=False)  # fmt: skip


def _attribute(case: Case, what: Words) -> Finding | None:
    """A misspelt attribute of the data set."""
    match = re.search(r"has no attribute '(\w+)'", case.text)
    owner = getattr(case.error, "obj", None)
    node = case.frame.node if case.frame is not None else None
    if match is None or not hasattr(owner, "__dict__") or node is None:
        return None
    use = next((n for n in ast.walk(node) if isinstance(n, ast.Attribute) and n.attr == match[1]), None)
    near = nearest(match[1], vars(owner), 0.6)
    if near is None or use is None:
        return None
    spot = case.spot(use)
    change = replaced(spot, use, f"{ast.unparse(use.value)}.{near}", least=use)
    why = note("the data set has {near}", near=near)
    return case.finding("TW623", what, why=why, fix=change.text or at_line(spot, near).text, mend=change.mend)


RULES = (getter_is_missing, sample_is_looked_up_wrongly, file_is_missing)
