"""Where the size of a batch was set."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.past.events import loops_around
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of

NAMES = re.compile(r"batch|\bbs\b|_bs\b|\bn_?samples\b|chunk|num_envs|rows", re.I)


def batch_number(case: Case, batch: int) -> Spot | None:
    """The expression to change for another size of the batch."""
    for loader in _loaders(case):
        born = case.flow.born(loader)
        if isinstance(born.node, ast.Call):
            given = keyword_of(born.node, "batch_size") or (born.node.args[1] if len(born.node.args) > 1 else None)
            if given is not None:
                return case.flow.born(born.at(given, ()))
    named = [spot for source in case.flow.sites.sources for spot in _constants(source, batch)]
    return next(iter(named), None)


def _loaders(case: Case) -> Iterator[Spot]:
    """What the loops around the failure go over, where it is a DataLoader."""
    for frame in reversed(case.user):
        for loop in loops_around(frame):
            if isinstance(loop, ast.For):
                yield from _in(frame, case, loop.iter)
        for node in ast.walk(frame.scope) if frame.scope is not None else ():
            if isinstance(node, ast.Call) and call_name(node) == "next" and node.args:
                yield from _in(frame, case, node.args[0])


def _in(frame: Frame, case: Case, node: ast.expr) -> Iterator[Spot]:
    """The loader in enumerate(tqdm(loader)), iter(loader)."""
    spot = case.flow.spot(frame, node)
    made = case.flow.born(spot)
    if isinstance(made.node, ast.Call) and call_name(made.node).endswith("Loader"):
        yield spot
    elif isinstance(made.node, ast.Call):
        for item in made.node.args:
            inner = case.flow.born(made.at(item, ()))
            if isinstance(inner.node, ast.Call) and call_name(inner.node).endswith("Loader"):
                yield made.at(item, ())
            elif isinstance(inner.node, ast.Call) and inner.node.args and inner.node is not made.node:
                deeper = case.flow.born(inner.at(inner.node.args[0], ()))
                if isinstance(deeper.node, ast.Call) and call_name(deeper.node).endswith("Loader"):
                    yield inner.at(inner.node.args[0], ())


def _constants(source: Source, batch: int) -> Iterator[Spot]:
    """The number written down under a name that says what it is."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or node.value != batch or isinstance(node.value, bool):
            continue
        if any(NAMES.search(name) for name in _names(source, node)):
            yield Spot(source, node)


def _names(source: Source, node: ast.Constant) -> Iterator[str]:
    """The variable, keyword, field, parameter or flag that gets a constant."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.keyword):
        yield parent.arg or ""
        call = source.parents.get(parent)
        if isinstance(call, ast.Call):
            yield from (
                item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)
            )
    elif isinstance(parent, ast.Assign):
        yield from map(ast.unparse, parent.targets)
    elif isinstance(parent, ast.AnnAssign):
        yield ast.unparse(parent.target)
    elif isinstance(parent, ast.Dict):
        yield from (
            str(k.value)
            for k, v in zip(parent.keys, parent.values, strict=True)
            if v is node and isinstance(k, ast.Constant)
        )
    elif isinstance(parent, ast.arguments):
        positional = [*parent.posonlyargs, *parent.args]
        for argument, default in zip(reversed(positional), reversed(parent.defaults), strict=False):
            if default is node:
                yield argument.arg
        for argument, given in zip(parent.kwonlyargs, parent.kw_defaults, strict=True):
            if given is node:
                yield argument.arg
    elif isinstance(parent, ast.Call):
        yield call_name(parent)
