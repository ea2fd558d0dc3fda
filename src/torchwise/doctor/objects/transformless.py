"""A data set that was built without the transform that others of its class are given: the call that left it out."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.loading import calls_of
from torchwise.doctor.past.writing import with_keyword
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import argument_of, call_name, keyword_of, method_of
from torchwise.doctor.tracing.rewriting import replaced

TRANSFORM = re.compile(r"transform|tfm|preproc|augment|(^|_)tf(s|$)|processor|pipeline")


def transform_left_out(case: Case, data: Any, loader: Spot | None) -> Change | None:
    """The call that builds a data set without its transform, with what another call of the class is given."""
    held = vars(data) if hasattr(data, "__dict__") else {}
    name = next((name for name, value in held.items() if value is None and TRANSFORM.search(name)), None)
    init = next((m for _, owner in class_nodes(type(data)) if (m := method_of(owner, "__init__")) is not None), None)
    if name is None or init is None:
        return None
    name = _parameter(init, name) or name
    given = [(call, _given(case, call, init, name)) for call in calls_of(case.flow, {type(data).__name__})]
    others = [call.source.text(value) for call, value in given if value is not None and not _is_none(value)]
    if not others:
        return None
    without = [(call, value) for call, value in given if value is None or _is_none(value)]
    if not without:
        passed = (_left_out_of_helper(case, call.at(value, ())) for call, value in given if value is not None)
        return next((change for change in passed if change is not None), None)
    read = {call.node for call in _read_by(case, loader)}
    call, value = next((item for item in without if item[0].node in read), without[0])
    if value is not None:
        return replaced(call, value, others[-1], least=call.node)
    return with_keyword(call, name, others[-1])


def _parameter(init: ast.FunctionDef, attribute: str) -> str | None:
    """The parameter that is kept as an attribute: self.transform = tfm."""
    names = {argument.arg for argument in [*init.args.args, *init.args.kwonlyargs]}
    for node in ast.walk(init):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            targets = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for one, value in zip(targets, values, strict=False):
                is_it = isinstance(one, ast.Attribute) and one.attr == attribute
                if is_it and isinstance(value, ast.Name) and value.id in names:
                    return value.id
    return None


def _given(case: Case, call: Spot, init: ast.FunctionDef, name: str) -> ast.expr | None:
    """What a call gives for a parameter; the None itself where a variable was set to it: test_tf = None."""
    value = argument_of(call.node, init, name) if isinstance(call.node, ast.Call) else None
    born = case.flow.born(call.at(value, ())) if isinstance(value, ast.Name) else None
    if born is not None and isinstance(born.node, ast.Constant) and born.source is call.source:
        return born.node if isinstance(born.source.parents.get(born.node), ast.Assign) else value
    return value


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _left_out_of_helper(case: Case, value: Spot) -> Change | None:
    """The call of a function that builds data sets, and of which one leaves the transform to its default None."""
    scope, name = value.source.scope_of(value.node), value.node
    if isinstance(scope, ast.Module | ast.Lambda) or not isinstance(name, ast.Name):
        return None
    calls = list(calls_of(case.flow, {scope.name}))
    given = [(call, argument_of(call.node, scope, name.id)) for call in calls if isinstance(call.node, ast.Call)]
    without = [(call, item) for call, item in given if item is None or _is_none(item)]
    others = [call.source.text(item) for call, item in given if item is not None and not _is_none(item)]
    if len(without) != 1 or not others:
        return None
    call, item = without[0]
    return (
        with_keyword(call, name.id, others[-1]) if item is None else replaced(call, item, others[-1], least=call.node)
    )


def _read_by(case: Case, loader: Spot | None) -> Iterator[Spot]:
    """The call that built the data set of a loader."""
    node = loader.node if loader is not None else None
    if loader is None or not isinstance(node, ast.Call):
        return
    data = keyword_of(node, "dataset") or next(iter(node.args), None)
    made = case.flow.born(loader.at(data, ())) if data is not None else None
    if made is not None and isinstance(made.node, ast.Call) and call_name(made.node):
        yield made
