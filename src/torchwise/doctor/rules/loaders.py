"""A loader is indexed, called or asked for `next`; a data set is called, or its class is taken for it."""

import ast
import re
from collections.abc import Iterator

from torch.utils.data import DataLoader, Dataset, Subset

from torchwise.doctor.case import Case
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.loading import is_fetching
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding
from torchwise.texts import note


def loader_is_used_wrongly(case: Case) -> Iterator[Finding]:
    """TW630: next(loader), loader[0], loader(), data(0), iterator.next()."""
    node = case.frame.node if case.frame is not None else None
    if node is None or case.inner or not isinstance(case.error, TypeError | AttributeError):
        return
    if isinstance(node, ast.Call) and call_name(node) == "next" and node.args and "not an iterator" in case.text:
        yield from _next(case, node)
    elif isinstance(case.error, AttributeError):
        yield from _attribute(case, node)
    elif isinstance(node, ast.Subscript) and "not subscriptable" in case.text:
        if isinstance(case.value(node.value), DataLoader):
            text = ast.unparse(node.value)
            what = note("a DataLoader has no batches by number: {code}", code=ast.unparse(node))
            change = replaced(case.spot(node), node, f"next(iter({text}))")
            why = note(
                "it is gone through; next(iter(loader)) gives its first batch, loader.dataset[0] its first sample"
            )
            yield case.finding("TW630", what, why=why, fix=change.text, mend=change.mend)
    elif isinstance(node, ast.Call) and "not callable" in case.text:
        yield from _called(case, node)


def _next(case: Case, node: ast.Call) -> Iterator[Finding]:
    operand = case.spot(node.args[0])
    if not isinstance(operand.value(), DataLoader):
        return
    what = note("next({code}) needs an iterator, and a DataLoader is none", code=operand.text)
    why = note("iter(loader) begins to go through it, and next() of that gives the batches one by one")
    alias = _alias(case, operand)
    if alias is not None:
        change = replaced(alias, alias.node, f"iter({alias.text})", least=alias.source.parents.get(alias.node))
        yield case.finding("TW630", what, why=why, fix=change.text, mend=change.mend)
        return
    change = replaced(operand, operand.node, f"iter({operand.text})", least=node)
    yield case.finding("TW630", what, why=why, fix=change.text, mend=change.mend)


def _alias(case: Case, operand: Spot) -> Spot | None:
    """`batches = loader`: where the iterator was to be made."""
    before = case.flow.before(operand)
    if before is None or not isinstance(before.node, ast.Name | ast.Attribute):
        return None
    parent = before.source.parents.get(before.node)
    is_assigned = isinstance(parent, ast.Assign) and parent.value is before.node
    name = ast.unparse(parent.targets[0]) if isinstance(parent, ast.Assign) else ""
    return before if is_assigned and name.rpartition(".")[2] != before.text.rpartition(".")[2] else None


def _attribute(case: Case, node: ast.AST) -> Iterator[Finding]:
    """What loaders, their iterators and subsets don't have."""
    owner = getattr(case.error, "obj", None)
    match = re.search(r"no attribute '(\w+)'", case.text)
    found = [n for n in ast.walk(node) if isinstance(n, ast.Attribute) and match is not None and n.attr == match[1]]
    if match is None or not found:
        return
    use, name, kind = case.spot(found[0]), match[1], type(owner).__name__
    text = use.source.text(found[0].value)
    is_iterator = kind.endswith("DataLoaderIter")
    if not is_iterator and not isinstance(owner, DataLoader | Subset):
        return
    what = note("{kind} has no {name}", kind=kind, name=name)
    if name in ("next", "__next__"):
        whole = use.source.parents.get(found[0])
        new = f"next({text})" if is_iterator else f"next(iter({text}))"
        change = replaced(use, whole, new) if isinstance(whole, ast.Call) else at_line(use, new)
        why = note("next is a function of Python; the method .next() is gone since Python 3")
        yield case.finding("TW630", what, why=why, fix=change.text, mend=change.mend)
        return
    inner = getattr(owner, "dataset", None)
    if inner is not None and hasattr(inner, "__dict__") and (name in vars(inner) or hasattr(type(inner), name)):
        change = replaced(use, found[0], f"{text}.dataset.{name}", least=found[0])
        yield case.finding("TW630", what, why=note("the data set within it has"), fix=change.text, mend=change.mend)
        return
    near = nearest(name, [item for item in dir(owner) if not item.startswith("_")], 0.7)
    fix = f"{text}.{near}" if near else f"for batch in {text}: ..."
    yield case.finding("TW630", what, why=note("a DataLoader is gone through, batch by batch"), fix=fix, mend=use)


def _called(case: Case, node: ast.Call) -> Iterator[Finding]:
    value = case.value(node.func)
    if not isinstance(value, DataLoader | Dataset):
        return
    text, spot = ast.unparse(node.func), case.spot(node)
    inner = ", ".join(ast.unparse(item) for item in node.args)
    what = note("{code} is a {kind}, which can't be called", code=text, kind=type(value).__name__)
    if isinstance(value, DataLoader):
        change = replaced(spot, node, text)
        why = note("a loader is gone through as it is")
    else:
        change = replaced(spot, node, f"{text}[{inner or 0}]")
        why = note("a data set is indexed, with square brackets")
    yield case.finding("TW630", what, why=why, fix=change.text, mend=change.mend)


def class_instead_of_data(case: Case) -> Iterator[Finding]:
    """TW630: `DataLoader(Rows)`: the class of the data set, not one that was built."""
    if not isinstance(case.error, TypeError) or "type 'type' has no len" not in case.text:
        return
    for frame in reversed(case.frames):
        for name in ("dataset", "data_source"):
            found = frame.locals.get(name, getattr(frame.locals.get("self"), name, None))
            if isinstance(found, type):
                what = note("the loader gets the class {kind} itself, not a data set", kind=found.__name__)
                why = note("a data set is built from its class with brackets, {kind}(...)", kind=found.__name__)
                yield case.finding(
                    "TW630", what, why=why, fix=f"{found.__name__}(...)", mend=_named(case, found.__name__)
                )
                return


def data_set_is_sliced(case: Case) -> Iterator[Finding]:
    """TW630: `data[:100]`, of a `__getitem__` that takes the index of one sample."""
    frames = [f for f in case.user if f.function == "__getitem__" and isinstance(f.receiver(), Dataset)]
    if not frames or is_fetching(case) or frames[-1] is case.user[0]:
        return
    frame, outer = frames[-1], case.user[case.user.index(frames[-1]) - 1]
    names = frame.code.co_varnames[: frame.code.co_argcount]
    if len(names) < 2 or not isinstance(frame.locals.get(names[1]), slice) or not isinstance(outer.node, ast.Subscript):
        return
    text, kind = ast.unparse(outer.node.value), type(frame.receiver()).__name__
    part = outer.node.slice
    end = ast.unparse(part.upper) if isinstance(part, ast.Slice) and part.upper is not None else f"len({text})"
    begin = f"{ast.unparse(part.lower)}, " if isinstance(part, ast.Slice) and part.lower is not None else ""
    change = replaced(case.spot(outer.node, outer), outer.node, f"torch.utils.data.Subset({text}, range({begin}{end}))")
    what = note("{code} gives {kind}.__getitem__ a slice", code=ast.unparse(outer.node), kind=kind)
    why = note("it takes the index of one sample")
    yield case.finding("TW630", what, why=why, fix=change.text, mend=change.mend)


def _named(case: Case, name: str) -> Spot | None:
    """Where the class is given to a loader."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            parent = source.parents.get(node)
            if (
                isinstance(node, ast.Name)
                and node.id == name
                and isinstance(parent, ast.Call | ast.keyword | ast.Assign)
            ) and (not isinstance(parent, ast.Call) or parent.func is not node):
                return Spot(source, node)
    return None


RULES = (loader_is_used_wrongly, class_instead_of_data, data_set_is_sliced)
