"""The loader and the data set of a failing program: the loop over it, the call that built it, what a sample is made of."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from torchwise.doctor.bindings import Key, binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.flow import Flow
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.definitions import Definition, definition_of, method_defined
from torchwise.doctor.samples import LOADERS, WRAPPED_DATA, WRAPPERS
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, returns_of

COLLATING = ("collate", "default_collate", "collate_tensor_fn", "collate_numpy_array_fn", "collate_int_fn")
DEEPEST = 12


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop over the batches of a loader (or `next` of one).

    statement: the `for`, the comprehension or the call of next. is_numbered: whether enumerate goes around the loader.
    path: the part of each element that is meant. loader: the expression that stands for the loader.
    """

    statement: ast.AST
    spot: Spot
    loader: Spot
    is_numbered: bool
    path: tuple[Key, ...] = ()

    @property
    def target(self) -> ast.expr | None:
        """What the elements are bound to."""
        if isinstance(self.statement, ast.For):
            return self.statement.target
        parent = self.spot.source.parents.get(self.statement)
        return parent.targets[0] if isinstance(parent, ast.Assign) else None


@dataclass(frozen=True, eq=False)
class Structure:
    """What a batch is made of: tuples of `count` parts, dictionaries with `keys`, one tensor."""

    kind: Literal["parts", "dict", "single"]
    count: int = 1
    keys: tuple[str, ...] = ()
    made: Spot | None = None


def loop_behind(flow: Flow, spot: Spot) -> Loop | None:
    """The loop over a loader that an expression has its value from."""
    for step in flow.trail(spot):
        found = loop_at(flow, step)
        if found is not None:
            return found
    return None


def loop_at(flow: Flow, step: Spot) -> Loop | None:
    """The loop that binds a name; the `next(iter(loader))` of an expression."""
    if isinstance(step.node, ast.Call) and call_name(step.node) == "next" and step.node.args:
        return _loop(flow, step.node, step, step.at(step.node.args[0], ()), step.path)
    if not isinstance(step.node, ast.Name):
        return None
    found = binding_of(step.source, step.node.id, step.node)
    if found is None or found[0].kind != "element":
        return None
    return _loop(flow, found[0].statement, step, step.at(found[0].node, ()), (*found[0].path, *step.path))


def loop_of_iterable(flow: Flow, spot: Spot) -> Loop | None:
    """The `for` whose iterable an expression is, if that is a loader."""
    parent = spot.source.parents.get(spot.node)
    if isinstance(parent, ast.For | ast.comprehension) and parent.iter is spot.node:
        return _loop(flow, parent, spot, spot, ())
    return None


def _loop(flow: Flow, statement: ast.AST, spot: Spot, iterable: Spot, path: tuple[Key, ...]) -> Loop | None:
    loader, is_numbered = unwrapped(flow, iterable)
    if not is_loader(flow, loader):
        return None
    return Loop(statement, spot, loader, is_numbered, path)


def unwrapped(flow: Flow, iterable: Spot) -> tuple[Spot, bool]:
    """The loader within enumerate, tqdm and iter; whether enumerate was among them."""
    is_numbered = False
    for _ in range(DEEPEST):
        node = iterable.node
        name = call_name(node) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and node.args and name in {*WRAPPERS, "enumerate"} - {"list", "tuple"}:
            is_numbered = is_numbered or name == "enumerate"
            iterable = iterable.at(node.args[0], ())
            continue
        before = flow.before(iterable) if isinstance(node, ast.Name | ast.Attribute | ast.Call) else None
        if before is None or isinstance(iterable.value(), DataLoader) or not isinstance(before.node, ast.Call):
            return iterable, is_numbered
        if call_name(before.node) not in {*WRAPPERS, "enumerate"}:
            return iterable, is_numbered
        iterable = before
    return iterable, is_numbered


def is_loader(flow: Flow, spot: Spot) -> bool:
    """Whether an expression stands for a DataLoader."""
    value = spot.value()
    if value is not None:
        return isinstance(value, DataLoader) or type(value).__name__ in LOADERS
    return call_name(flow.born(spot).node) in LOADERS


def loader_call(flow: Flow, loader: Spot) -> Spot | None:
    """The call `DataLoader(...)` that built a loader; the only one there is, where the way to it is lost."""
    made = flow.born(loader)
    if isinstance(made.node, ast.Call) and call_name(made.node) in LOADERS and _may_have_built(made, loader.value()):
        return made
    calls = [spot for spot in calls_of(flow, LOADERS) if _may_have_built(spot, loader.value())]
    return calls[0] if len(calls) == 1 else None


def _may_have_built(call: Spot, loader: Any) -> bool:
    """Whether a call may have built a live loader, by the options that are written in it."""
    if not isinstance(loader, DataLoader) or not isinstance(call.node, ast.Call):
        return True
    has_collate = keyword_of(call.node, "collate_fn") is not None
    given = keyword_of(call.node, "batch_size")
    size = given.value if isinstance(given, ast.Constant) else loader.batch_size
    is_own = definition_of(loader.collate_fn) is not None
    has_spread = any(keyword.arg is None for keyword in call.node.keywords)
    return (has_collate == is_own or has_spread) and size == loader.batch_size


def calls_of(flow: Flow, names: set[str]) -> Iterator[Spot]:
    """All calls of some names in the user's files."""
    for source in flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) in names:
                yield Spot(source, node)


def is_only_call(flow: Flow, call: Spot) -> bool:
    """Whether nothing else of the user's calls what a call calls."""
    return len(list(calls_of(flow, {call_name(call.node)}))) == 1


def iterating(case: Case) -> Frame | None:
    """The user's frame that asked a loader for its next batch: the innermost one around the library's loader."""
    found = None
    for frame in case.frames:
        if frame in case.user:
            found = frame
        elif isinstance(frame.locals.get("self"), DataLoader) or "DataLoaderIter" in type(
            frame.locals.get("self")
        ).__name__:  # fmt: skip
            return found
    return None


def loader_under_way(case: Case) -> Spot | None:
    """The expression of the loader that was asked for its next batch."""
    frame = iterating(case)
    if frame is None or frame.node is None or frame.source is None:
        return None
    node = frame.node
    if isinstance(node, ast.For | ast.AsyncFor):
        node = node.iter
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
        node = node.generators[0].iter
    if isinstance(node, ast.Call) and call_name(node) == "DataLoader":
        return case.spot(node, frame)
    if isinstance(node, ast.Call) and call_name(node) not in {*WRAPPERS, "enumerate", "next"}:
        spot = case.spot(node, frame)
        return spot if call_name(case.flow.born(spot).node) in LOADERS else None
    if isinstance(node, ast.Call) and call_name(node) == "next" and node.args:
        node = node.args[0]
    return unwrapped(case.flow, case.spot(node, frame))[0]


def data_under_way(case: Case) -> Any:
    """The data set that was asked for samples or for its length, wrappers such as Subset taken off; None if none was."""
    for frame in reversed(case.frames):
        if frame in case.user:
            own = frame.receiver()
            if isinstance(own, Dataset) or (frame.function == "__getitem__" and own is not None):
                return own
            continue
        for name in ("dataset", "data_source", "_dataset"):
            found = frame.locals.get(name)
            if found is None:
                found = getattr(frame.locals.get("self"), name, None)
            if found is not None:
                return bare(found)
    return None


def bare(data: Any) -> Any:
    """The data set within subsets and the like."""
    for _ in range(DEEPEST):
        if type(data).__name__ not in WRAPPED_DATA:
            return data
        inner = getattr(data, "dataset", None)
        if inner is None:
            inner = next(iter(getattr(data, "datasets", None) or ()), None)
        if inner is None:
            return data
        data = inner
    return data


def is_collating(case: Case) -> bool:
    """Whether the failure came while samples were put together by torch's own function."""
    return any(f.function in COLLATING and not f.is_user for f in case.inner or case.frames)


def is_fetching(case: Case) -> bool:
    """Whether the failure came while a loader fetched samples."""
    return any(frame.function == "fetch" and not frame.is_user for frame in case.frames)


def collate_of(flow: Flow, loader: Spot) -> Definition | None:
    """The user's collate function of a loader."""
    live, call = loader.value(), loader_call(flow, loader)
    collate = getattr(live, "collate_fn", None)
    definition = definition_of(collate) if collate is not None else None
    if definition is None and call is not None and isinstance(call.node, ast.Call):
        given = keyword_of(call.node, "collate_fn")
        definition = definition_of(call.at(given, ()).value()) if given is not None else None
    return definition


def structure_of(flow: Flow, loader: Spot) -> Structure | None:
    """What the batches of a loader are made of; None if it can't be told."""
    live, call, definition = loader.value(), loader_call(flow, loader), collate_of(flow, loader)
    data = bare(getattr(live, "dataset", None))
    if definition is None and isinstance(data, TensorDataset):
        return Structure("parts", len(data.tensors))
    if definition is None and data is None and call is not None and isinstance(call.node, ast.Call):
        return _of_call(flow, call)
    if definition is None and data is not None:
        definition = method_defined(data, "__iter__" if isinstance(data, IterableDataset) else "__getitem__")
    return _returned(flow, definition) if definition is not None else None


def _of_call(flow: Flow, call: Spot) -> Structure | None:
    """The same from the call alone."""
    assert isinstance(call.node, ast.Call), "asked for calls"
    given = keyword_of(call.node, "dataset") or next(iter(call.node.args), None)
    made = flow.born(call.at(given, ())) if given is not None else None
    if made is None or not isinstance(made.node, ast.Call):
        return None
    if call_name(made.node) == "TensorDataset":
        return Structure("parts", len(made.node.args))
    for source, owner in flow.class_called(made):
        for method in owner.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__getitem__":
                return _returned(flow, Definition(source, method))
    return None


def _returned(flow: Flow, definition: Definition) -> Structure | None:
    """What a function returns, by the expression it is written as."""
    given = returns_of(definition.scope)
    if not given:
        return None
    made = flow.born(definition.spot(given[-1]))
    if isinstance(made.node, ast.Tuple | ast.List):
        return Structure("parts", len(made.node.elts), made=made)
    if isinstance(made.node, ast.Dict):
        keys = [key.value for key in made.node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        return Structure("dict", len(keys), tuple(keys), made)
    if isinstance(made.node, ast.Call) and call_name(made.node) == "dict":
        return Structure("dict", len(made.node.keywords), tuple(k.arg for k in made.node.keywords if k.arg), made)
    is_tensor = isinstance(made.node, ast.Subscript | ast.BinOp | ast.Call)
    return Structure("single", 1, made=made) if is_tensor else None
