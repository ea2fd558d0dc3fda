"""Calls of one function of which one gives another number than all the others: Client(3, hidden=64) beside Client(2)."""

import ast

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.past.writing import without_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import argument_of, call_name, default_of, method_of


def odd_call(case: Case, born: Spot, value: object) -> Change | None:
    """The call that gave a number where most others of the function give the wanted one, or leave it to its default."""
    call, keyword = _call_with(born)
    scope = _definition(case, call_name(call)) if call is not None else None
    if call is None or scope is None or not isinstance(born.node, ast.Constant):
        return None
    name = keyword or next(
        (item.arg for item in scope.args.args if argument_of(call, scope, item.arg) is born.node), ""
    )
    default = default_of(scope, name)
    others = [
        argument_of(node, scope, name) or default
        for source in case.flow.sites.sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and node is not call and call_name(node) == call_name(call)
    ]
    alike = [node for node in others if isinstance(node, ast.Constant) and node.value == value]
    if not alike or 2 * len(alike) <= len(others):
        return None
    if isinstance(default, ast.Constant) and default.value == value and keyword:
        return without_keyword(born.at(call, ()), keyword)
    return rewritten(born, born.node, repr(value))


def _call_with(born: Spot) -> tuple[ast.Call | None, str]:
    """The call that a value is an argument of, and the keyword it is given by."""
    around = born.source.parents.get(born.node)
    if isinstance(around, ast.keyword):
        call = born.source.parents.get(around)
        return (call, around.arg or "") if isinstance(call, ast.Call) else (None, "")
    return (around, "") if isinstance(around, ast.Call) and around.func is not born.node else (None, "")


def _definition(case: Case, name: str) -> ast.FunctionDef | None:
    """The function, or the `__init__` of the class, of a name in the user's files."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
            if isinstance(node, ast.ClassDef) and node.name == name:
                return method_of(node, "__init__")
    return None
