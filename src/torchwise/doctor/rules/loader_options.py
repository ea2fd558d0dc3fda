"""Options of a DataLoader that exclude each other or can't be, and data sets without samples."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import expressions_behind
from torchwise.doctor.objects.changes import at_line, name_of_file
from torchwise.doctor.objects.definitions import method_defined, nearest
from torchwise.doctor.objects.given_arguments import argument_spot
from torchwise.doctor.objects.loading import bare, calls_of
from torchwise.doctor.objects.signatures import keyword_spot, mismatch_in, parameters_of
from torchwise.doctor.rules.building import class_called
from torchwise.doctor.rules.sampled_indices import count_of
from torchwise.doctor.samples import LOADERS
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, returns_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

EXCLUDING = (
    (r"sampler option is mutually exclusive with shuffle", ("shuffle",), "sampler",
     note("a sampler decides on the order, so shuffle is left out beside it")),
    (r"batch_sampler option is mutually exclusive", ("batch_size", "shuffle", "sampler", "drop_last"), "batch_sampler",
     note("a batch_sampler makes whole batches, so batch_size, shuffle, sampler and drop_last are left out beside it")),
    (r"disables auto-batching", ("drop_last",), "batch_size=None", note("without batches there is no last one to drop")),
    (r"expected unspecified (?P<word>\w+) option", ("shuffle", "sampler", "batch_sampler"), "IterableDataset",
     note("an IterableDataset gives its samples in its own order")),
    (r"prefetch_factor option could only", ("prefetch_factor",), "num_workers=0", note("only workers can fetch ahead")),
    (r"persistent_workers option needs", ("persistent_workers",), "num_workers=0", note("without workers none can persist")),
)  # fmt: skip
EMPTYING = {"glob", "iglob", "rglob", "listdir", "query", "dropna", "filter", "random_split", "train_test_split"}


def options_exclude_each_other(case: Case) -> Iterator[Finding]:
    """TW628: two options of the DataLoader that don't go together."""
    if not isinstance(case.error, ValueError) or class_called(case) is None:
        return
    call = _call(case)
    for pattern, words, other, why in EXCLUDING:
        if call is None or not re.search(pattern, case.text):
            continue
        given = [(word, found) for word in words if (found := keyword_spot(case.flow, call, word)) is not None]
        given = [(word, found) for word, found in given if _is_set(found[0])]
        if not given:
            named = ", ".join(word for word in words if re.search(rf"\b{word}\b", case.text)) or ", ".join(words)
            what = note("the DataLoader gets {other} and {words}, which exclude each other", other=other, words=named)
            yield case.finding("TW628", what, why=why)
            return
        word, (spot, _) = given[0]
        shown = ", ".join(word for word, _ in given)
        what = note("the DataLoader gets {other} and {words}, which exclude each other", other=other, words=shown)
        change = without_keyword(spot, word)
        yield case.finding("TW628", what, why=why, fix=change.text, mend=change.mend)
        return


def _call(case: Case) -> Spot | None:
    node = case.frame.node if case.frame is not None else None
    return case.spot(node) if isinstance(node, ast.Call) else None


def _is_set(spot: Spot) -> bool:
    """Whether an option differs from its default."""
    return not (isinstance(spot.node, ast.Constant) and spot.node.value in (None, False))


def without_keyword(spot: Spot, word: str) -> Change:
    """A call or a dictionary without one of its options."""
    parent = spot.source.parents.get(spot.node)
    if isinstance(parent, ast.AnnAssign | ast.Assign):  # an option of a configuration
        is_flag = isinstance(spot.node, ast.Constant) or word in ("shuffle", "drop_last", "persistent_workers")
        return replaced(spot, spot.node, "False" if is_flag else "None")
    text = note("leave {word} out", word=word)
    outer = spot.source.parents.get(parent) if isinstance(parent, ast.keyword) else None
    if isinstance(outer, ast.Call) and outer.lineno == outer.end_lineno:
        kept = [spot.source.text(item) for item in [*outer.args, *outer.keywords] if item is not parent]
        return replaced(spot, outer, f"{spot.source.text(outer.func)}({', '.join(kept)})")
    line = getattr(parent if isinstance(parent, ast.keyword) else spot.node, "lineno", spot.line)
    return Change(Mend(file=spot.file, line=line), text, spot)


def option_is_out_of_range(case: Case) -> Iterator[Finding]:
    """TW628: an unknown option, a batch size that is no positive int, a wrong number of workers."""
    cls, call = class_called(case), _call(case)
    if cls is None or call is None or not issubclass(cls, DataLoader):
        return
    mismatch = mismatch_in(case.text) if isinstance(case.error, TypeError) else None
    if mismatch is not None and mismatch.kind == "unknown":
        names = parameters_of(vars(cls).get("__init__", cls))
        near = nearest(mismatch.keyword, names, 0.6)
        found = keyword_spot(case.flow, call, mismatch.keyword)
        what = note("DataLoader has no option {word}", word=mismatch.keyword)
        mend: Any = found[0] if found is not None else None
        fix: Words = (
            f"{near}={mend.text}" if near and mend is not None else note("leave {word} out", word=mismatch.keyword)
        )
        yield case.finding("TW628", what, why=note("it takes {names}", names=", ".join(names)), fix=fix, mend=mend)
        return
    name = _refused_option(case)
    if name is None:
        return
    given = case.inner[0].locals.get(name)
    what = note("the DataLoader gets {name} = {value}", name=name, value=repr(given))
    why = note("{name} is a whole number (int)", name=name)
    spot = argument_spot(case, cls, name, case.inner[0].arguments())
    born = case.flow.born(spot) if spot is not None else None
    fix_text = f"int({born.text})" if isinstance(given, float) and born is not None else f"{name}=32"
    if isinstance(given, str) and given.isdigit():
        fix_text = given
    yield case.finding("TW628", what, why=why, fix=fix_text, mend=born)


def _refused_option(case: Case) -> str | None:
    """The option that is no number in range."""
    if not case.inner or re.search("exclusive|prefetch|persistent", case.text):
        return None
    values = case.inner[0].locals
    if isinstance(case.error, TypeError) and re.search(r"not supported between|cannot be interpreted", case.text):
        return next(
            (n for n in ("num_workers", "batch_size", "timeout") if isinstance(values.get(n), str | float | tuple)),
            None,
        )
    match = (
        re.search(r"\b(batch_size|num_workers|timeout)\b", case.text) if isinstance(case.error, ValueError) else None
    )
    return match[1] if match is not None and match[1] in values else None


def data_set_is_empty(case: Case) -> Iterator[Finding]:
    """TW628: there are no samples to draw from."""
    data = _empty_data(case)
    if data is None:
        return
    label = type(data).__name__
    what = note("the data set {kind} has 0 samples", kind=label)
    why: Words = note("a shuffled loader draws from the samples, so there must be at least one")
    if isinstance(case.error, ZeroDivisionError):
        what = note("the loader has 0 batches, for {kind} has {count} samples", kind=label, count=_length(data))
        why = note("the mean over no batches divides by zero")
    loader = _dropping(case, data)
    if loader is not None:
        what = note("the loader has 0 batches: {count} samples, and the only batch is dropped", count=_length(data))
        why = note("drop_last=True leaves out a batch that is not full")
        yield case.finding("TW628", what, why=why, fix="drop_last=False", mend=loader)
        return
    spot = _filled_from(case, data)
    if spot is None:
        yield case.finding("TW628", what, why=why, sure=False)
        return
    why = note(
        "{rule}; the samples come from {code} at {place}", rule=why, code=_brief(spot.text), place=name_of_file(spot)
    )
    fix = note("print what {code} gives: a path, a pattern or a condition fits nothing", code=_brief(spot.text))
    yield case.finding("TW628", what, why=why, fix=fix, mend=at_line(spot, "").mend)


def _dropping(case: Case, data: Any) -> Spot | None:
    """The loader that drops the only batch there is."""
    calls = [call for call in calls_of(case.flow, LOADERS) if keyword_spot(case.flow, call, "drop_last") is not None]
    return calls[0] if _length(data) != 0 and isinstance(case.error, ZeroDivisionError) and len(calls) == 1 else None


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 50 else code[:47] + "..."


def _empty_data(case: Case) -> Any:
    """The data set without samples."""
    if isinstance(case.error, ValueError) and "num_samples=0" in case.text and case.inner:
        for frame in reversed(case.inner):
            for name in ("dataset", "data_source"):
                found = frame.locals.get(name)
                if found is not None:
                    return found
    if isinstance(case.error, ZeroDivisionError | StopIteration) and case.frame is not None:
        for value in case.frame.locals.values():
            if isinstance(value, DataLoader) and _length(value) == 0:
                return value.dataset
    return None


def _length(value: Any) -> int:
    """The length of a loader or a data set of torch's; -1 if only the user's code could tell."""
    sampler = getattr(value, "sampler", None)
    source = getattr(sampler, "data_source", value)
    if isinstance(value, DataLoader):
        inner = getattr(source, "indices", None)
        inner = inner if inner is not None else next(iter(getattr(source, "tensors", None) or ()), None)
        count = len(inner) if inner is not None else -1
        return 0 if count == 0 or (value.drop_last and 0 < count < (value.batch_size or 1)) else -1
    tensors = getattr(value, "tensors", None)
    return len(tensors[0]) if tensors else len(value) if isinstance(value, list) else -1


def _filled_from(case: Case, data: Any) -> Spot | None:
    """The expression that was to give the samples: the file list, the filter, the slice."""
    inner = bare(data)
    length = method_defined(inner, "__len__")
    start: Spot | None = None
    if length is not None and returns_of(length.scope):
        expression = returns_of(length.scope)[-1]
        if isinstance(expression, ast.Call) and call_name(expression) == "len" and expression.args:
            start = Spot(length.source, expression.args[0], receiver=inner)
    if start is None:
        call = _call(case)
        start = (
            call.at(call.node.args[0], ())
            if call is not None and isinstance(call.node, ast.Call) and call.node.args
            else None
        )
    if start is None:
        return None
    best = None
    for spot in expressions_behind(case.flow, start):
        if _may_be_empty(spot.node):
            return spot
        if isinstance(spot.node, ast.Call | ast.Subscript | ast.ListComp):
            best = spot if best is None else best
    return best


def _may_be_empty(node: ast.AST) -> bool:
    """Whether an expression selects: a comprehension with a condition, a file pattern, a slice, a mask."""
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        return any(generator.ifs for generator in node.generators)
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Slice | ast.Compare | ast.BoolOp)
    if isinstance(node, ast.Call):
        inner = [n for n in ast.walk(node) if isinstance(n, ast.Call) and call_name(n) in EMPTYING]
        return call_name(node) in EMPTYING or bool(inner and call_name(node) in ("sorted", "list"))
    return False


def lengths_dont_add_up(case: Case) -> Iterator[Finding]:
    """TW628: the parts of `random_split` don't add up to the data set."""
    frame = case.passed("random_split")
    if frame is None or not re.search(r"Sum of input lengths|randperm", case.text):
        return
    lengths, data, call = frame.locals.get("lengths"), frame.locals.get("dataset"), _call(case)
    total = count_of(case, data)
    shown = ", ".join(map(str, lengths)) if isinstance(lengths, list | tuple) else str(lengths)
    what = note("random_split gets the lengths {lengths}, which don't add up to the data set", lengths=shown)
    if total is not None and isinstance(lengths, list | tuple):
        what = note("random_split gets the lengths {lengths}, together {sum}, the data set has {total}", lengths=shown,
                    sum=sum(lengths), total=total)  # fmt: skip
    why = note("each sample goes into exactly one part; rounded shares often miss one")
    given = (
        call.node.args[1] if call is not None and isinstance(call.node, ast.Call) and len(call.node.args) > 1 else None
    )
    born = case.flow.born(call.at(given, ())) if call is not None and given is not None else None
    fix: Words = note("the last length as what is left: n - n_train")
    if isinstance(lengths, list | tuple) and any(isinstance(item, float) for item in lengths) and sum(lengths) > 1.5:
        yield _of_floats(case, born, shown)
        return
    if "Sum" not in case.text:
        return
    if born is not None and isinstance(born.node, ast.List | ast.Tuple):
        items = [born.source.text(item) for item in born.node.elts]
        last = case.flow.born(born.at(born.node.elts[-1], ()))
        source = born.source.text(call.node.args[0]) if call is not None and isinstance(call.node, ast.Call) else "data"
        new = f"len({source}) - {' - '.join(items[:-1])}"
        change = replaced(last, last.node, new, least=last.source.parents.get(last.node))
        yield case.finding("TW628", what, why=why, fix=change.text, mend=change.mend)
        return
    yield case.finding("TW628", what, why=why, fix=fix, mend=born)


def _of_floats(case: Case, lengths: Spot | None, shown: str) -> Finding:
    """Counts that were multiplied out of shares and never rounded."""
    what = note("random_split gets the lengths {lengths}, which are no whole numbers", lengths=shown)
    why = note("lengths are counts (int) that add up to the data set, or shares that add up to 1")
    if lengths is None or not isinstance(lengths.node, ast.List | ast.Tuple):
        return case.finding(
            "TW628", what, why=why, fix=note("int(...) around the first, the last as what is left"), mend=lengths
        )
    first = case.flow.born(lengths.at(lengths.node.elts[0], ()))
    number = first.node.value if isinstance(first.node, ast.Constant) else None
    whole = f"{number:.0f}" if isinstance(number, float) else f"int({' '.join(first.text.split())})"
    change = replaced(first, first.node, whole)
    return case.finding("TW628", what, why=why, fix=change.text, mend=change.mend)


RULES = (options_exclude_each_other, option_is_out_of_range, data_set_is_empty, lengths_dont_add_up)
