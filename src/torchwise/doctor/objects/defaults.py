"""A value that nobody gave: the call that left a parameter or a field at its default, and what was read instead."""

import ast
from itertools import pairwise

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.past.forks import way
from torchwise.doctor.past.writing import with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Mend
from torchwise.texts import note

READERS = ("load", "loads", "safe_load", "full_load")
WRITERS = ("dump", "dumps", "safe_dump")


def at_call(case: Case, given: Spot, found: Spot, value: str) -> Change | None:
    """The call that should have given another value than the default that was found; None if it is no default."""
    parent = found.source.parents.get(found.node)
    if isinstance(parent, ast.arguments) and found.caller is not None:
        name = _parameter_of(parent, found.node)
        return _given_there(case, found.caller, name, value) if name else None
    if isinstance(parent, ast.AnnAssign) and isinstance(found.source.parents.get(parent), ast.ClassDef):
        steps = way(case.flow, given)
        before = next((a for a, b in pairwise(steps) if b.node is found.node), None)
        if before is not None and isinstance(before.node, ast.Attribute):
            made = case.flow.born(before.at(before.node.value, ()))
            return _given_there(case, made, before.node.attr, value)
    return None


def _parameter_of(arguments: ast.arguments, default: ast.AST) -> str:
    """The parameter that has a default."""
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    return next((argument.arg for argument, node in pairs if node is default), "")


def _given_there(case: Case, call: Spot, name: str, value: str) -> Change | None:
    if not isinstance(call.node, ast.Call):
        return None
    spread = next((keyword.value for keyword in call.node.keywords if keyword.arg is None), None)
    if spread is not None and (written := _written(case, call.at(spread, ()))) is not None:
        text = note("{code} must keep {name}, which is read again", code=" ".join(written.text.split()), name=name)
        return Change(Mend(file=written.file, line=written.line), text, written)
    return with_keyword(call, name, value)


def _written(case: Case, spread: Spot) -> Spot | None:
    """What was written into the file from which the keywords are read: the argument of json.dump and the like."""
    born = case.flow.born(spread).node
    if not any(isinstance(node, ast.Call) and call_name(node) in READERS for node in ast.walk(born)):
        return None
    for source in sorted(case.flow.sites.sources, key=lambda source: source is not spread.source):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) in WRITERS and node.args:
                made = case.flow.born(Spot(source, node.args[0]))
                return made if isinstance(made.node, ast.Dict | ast.DictComp | ast.Call) else None
    return None
