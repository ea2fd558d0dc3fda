"""What a batch of a loader is made of: a sample of its data set, or what the user's collate function returns."""

import ast
from collections.abc import Callable
from typing import Any

from torchwise.doctor.bindings import Key
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.source import Owners, class_nodes, is_user_file
from torchwise.doctor.spots import Follower, Spot
from torchwise.doctor.syntax import call_name, keyword_of

WRAPPERS = {"tqdm", "trange", "list", "tuple", "iter", "reversed", "sorted", "islice", "cycle", "progress", "track"}
LOADERS = {"DataLoader", "StatefulDataLoader"}
WRAPPED_DATA = {"Subset", "random_split", "ConcatDataset", "CacheDataset"}
DEEPEST = 60  # steps: more would be a circle


def element(flow: Follower, spot: Spot, live: Any = None) -> Spot | None:
    """What one element of an iterable is: the maker of the samples of a loader, what a generator yields, an item.

    live: the element in hand, if it is known; of a list that is written out it tells which one.
    """
    path = spot.path
    made = _iterable(flow, spot.at(spot.node, ()))
    node = made.node
    if is_yielded(made):
        return made.at(node, path)
    if isinstance(node, ast.Call):
        name = call_name(node)
        if name == "enumerate" and node.args:
            return element(flow, made.at(node.args[0], path[1:]), live) if path[:1] == (1,) else None
        if name == "zip" and path and isinstance(path[0], int) and path[0] < len(node.args):
            return element(flow, made.at(node.args[path[0]], path[1:]))
        if name in ("items", "values") and isinstance(node.func, ast.Attribute):
            return _of_dict(flow, made.at(node.func.value, ()), name, path, live)
        if name in WRAPPERS and node.args:
            return element(flow, made.at(node.args[0], path), live)
        if name in LOADERS:
            return batch(flow, made, path, getattr(spot.at(spot.node, ()).value(), "dataset", None))
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        return made.at(_in_hand(made, node.elts, live), path)
    if isinstance(node, ast.List) or (isinstance(node, ast.Call) and call_name(node) in ("list", "deque")):
        return appended(made, path)
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return made.at(node.elt, path)
    value = spot.at(spot.node, ()).value()
    return _iterated(flow, made, value, path) or _live_batch(flow, value, path)


def _in_hand(made: Spot, items: list[ast.expr], live: Any) -> ast.expr:
    """The item of a list that is written out which the loop is at; the first one where that is not known."""
    if type(live) in (int, float, str, bool, dict, tuple, list):
        for item in items:
            value = made.at(item, ()).value() if made.frame is not None else Evaluator(None).value(item)
            if type(value) is type(live) and repr(value) == repr(live):
                return item
    return items[0]


def _of_dict(flow: Follower, spot: Spot, method: str, path: tuple[Key, ...], live: Any) -> Spot | None:
    """A value of a dictionary whose items() or values() are looped over."""
    if method == "items" and path[:1] != (1,):
        return None
    made, path = flow.born(spot), path[1:] if method == "items" else path
    if isinstance(made.node, ast.DictComp):
        return made.at(made.node.value, path)
    if isinstance(made.node, ast.Dict) and made.node.values:
        return made.at(_in_hand(made, made.node.values, live), path)
    return None


def _iterable(flow: Follower, spot: Spot) -> Spot:
    """The maker of an iterable; of a generator what it yields."""
    for _ in range(DEEPEST):
        before = flow.before(spot)
        if before is None or is_yielded(spot):
            return spot
        spot = before
    return spot


def is_yielded(spot: Spot) -> bool:
    """Whether an expression is what a generator yields."""
    return isinstance(spot.source.parents.get(spot.node), ast.Yield)


def appended(made: Spot, path: tuple[Key, ...]) -> Spot | None:
    """What is appended to a list that begins empty: in the function or class where it begins, or to the attribute."""
    target = target_of(made)
    if target is None:
        return None
    name = ast.unparse(target)
    scope = made.source.scope_of(target)
    if not isinstance(target, ast.Attribute):
        found = _appends(scope, lambda node: ast.unparse(node) == name)
        return made.at(found.args[0], path) if found is not None else None
    around: ast.AST = made.source.class_of(scope) or scope  # self.memory: appended to in another method
    attribute = target.attr
    found = _appends(around, lambda node: ast.unparse(node) == name)
    receiver = made.receiver if found is not None else None
    found = found or _appends(
        made.source.tree, lambda node: isinstance(node, ast.Attribute) and node.attr == attribute
    )  # fmt: skip
    return Spot(made.source, found.args[0], receiver=receiver, path=path) if found is not None else None


def stored(made: Spot) -> Spot | None:
    """What is stored under changing keys in a dict that begins empty: ids[name] = number."""
    target = target_of(made)
    if target is None:
        return None
    scope, name = made.source.scope_of(target), ast.unparse(target)
    is_attribute = isinstance(target, ast.Attribute)
    for node in ast.walk(made.source.class_of(scope) or scope if is_attribute else scope):
        put = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(put, ast.Subscript) and ast.unparse(put.value) == name:
            return made.at(node.value, ())
    return None


def target_of(made: Spot) -> ast.expr | None:
    """The variable that a list is assigned to, as in `self.a, self.b = [], []`."""
    statement = made.source.statement_of(made.node)
    if isinstance(statement, ast.AnnAssign) and statement.value is made.node:
        return statement.target
    if not isinstance(statement, ast.Assign):
        return None
    target = statement.targets[0]
    if statement.value is made.node:
        return target
    if isinstance(statement.value, ast.Tuple) and isinstance(target, ast.Tuple) and made.node in statement.value.elts:
        index = statement.value.elts.index(made.node)
        return target.elts[index] if index < len(target.elts) else None
    return None


def _appends(around: ast.AST, is_it: Callable[[ast.expr], bool]) -> ast.Call | None:
    """The first call of `append` on something."""
    for node in ast.walk(around):
        if (isinstance(node, ast.Call) and call_name(node) == "append" and len(node.args) == 1) and (
            isinstance(node.func, ast.Attribute) and is_it(node.func.value)
        ):
            return node
    return None


def _iterated(flow: Follower, made: Spot, value: Any, path: tuple[Key, ...]) -> Spot | None:
    """What the `__iter__` of a user's class yields, or an element of what it returns."""
    owners = flow.class_called(made) if isinstance(made.node, ast.Call) else []
    owners = owners or (class_nodes(type(value)) if value is not None else [])
    found = flow.method_result(owners, "__iter__", path, made, value) if owners else None
    if found is None or is_yielded(found):
        return found
    return element(flow, found)


def batch(flow: Follower, loader: Spot, path: tuple[Key, ...], live: Any = None) -> Spot | None:
    """What a part of a batch of `DataLoader(...)` comes from: the user's collate function, else the sample.

    live: the data set, where the loader was at hand.
    """
    assert isinstance(loader.node, ast.Call), "a DataLoader is made by a call"
    collate = keyword_of(loader.node, "collate_fn")
    if collate is not None and (found := flow.returned(loader.at(collate, ()), path)) is not None:
        return found
    data = keyword_of(loader.node, "dataset") or next(iter(loader.node.args), None)
    return sample(flow, loader.at(data, ()), path, _unwrapped(live)) if data is not None else None


def sample(flow: Follower, data: Spot, path: tuple[Key, ...], live: Any = None) -> Spot | None:
    """What a part of a sample of a data set comes from: `return` of its `__getitem__`, or the tensors it holds.

    live: the data set itself, where a wrapper around it was at hand.
    """
    made = flow.born(data)
    live = _unwrapped(data.value()) if live is None else live
    if isinstance(made.node, ast.Subscript):  # random_split(...)[0]
        made = flow.born(made.at(made.node.value, ()))
    node = made.node
    if not isinstance(node, ast.Call):
        return _live_sample(flow, data.value(), path) or _row(flow, data, made, path)
    name = call_name(node)
    if name in WRAPPED_DATA and node.args:
        inner = made.at(node.args[0], ())
        first = flow.born(inner)
        if isinstance(first.node, ast.List) and first.node.elts:
            inner = first.at(first.node.elts[0], ())
        return sample(flow, inner, path, live)
    if name == "TensorDataset" and path and isinstance(path[0], int) and path[0] < len(node.args):
        return made.at(node.args[path[0]], path[1:])
    cls = flow.class_called(made)
    if cls:
        return _given(flow, cls, path, made, live)
    return _live_sample(flow, data.value(), path) or _row(flow, data, made, path)


def _row(flow: Follower, data: Spot, made: Spot, path: tuple[Key, ...]) -> Spot | None:
    """A row of a tensor or an item of a list, which a loader takes too."""
    if path and isinstance(path[0], int) and isinstance(made.node, ast.List | ast.ListComp | ast.Call):
        return element(flow, data.at(data.node, path))
    if isinstance(made.node, ast.List | ast.ListComp):
        return element(flow, data)
    return made if isinstance(made.node, ast.Call | ast.BinOp) and not path else None


def _live_batch(flow: Follower, loader: Any, path: tuple[Key, ...]) -> Spot | None:
    """The same from a DataLoader object whose making was not found."""
    collate = getattr(loader, "collate_fn", None)
    receiver = None if hasattr(collate, "__code__") else collate
    code = getattr(collate if receiver is None else vars(type(collate)).get("__call__"), "__code__", None)
    if code is not None and is_user_file(code.co_filename):
        return flow.function_result(collate if receiver is None else type(collate).__call__, path, None, receiver)
    return _live_sample(flow, getattr(loader, "dataset", None), path)


def _live_sample(flow: Follower, data: Any, path: tuple[Key, ...]) -> Spot | None:
    """The same from a data set object whose making was not found."""
    data = _unwrapped(data)
    found = class_nodes(type(data)) if data is not None else []
    if not found:
        return None
    return _given(flow, found, path, flow.sites.of(data), data)


def _given(flow: Follower, owners: Owners, path: tuple[Key, ...], made: Spot | None, data: Any) -> Spot | None:
    """What a data set gives: by `__getitem__`, or by `__iter__` where it is a stream."""
    found = flow.method_result(owners, "__getitem__", path, made, data)
    return flow.method_result(owners, "__iter__", path, made, data) if found is None else found


def _unwrapped(data: Any) -> Any:
    """The data set inside of subsets and the like."""
    while type(data).__name__ in WRAPPED_DATA:
        inner = getattr(data, "dataset", None) or next(iter(getattr(data, "datasets", None) or ()), None)
        if inner is None:
            break
        data = inner
    return data
