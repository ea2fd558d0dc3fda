"""Another number for one in the code: written where it was born, or where it stops serving other places, too."""

import ast

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.earlier import value_of
from torchwise.doctor.tracing.rewriting import grafted, replaced

HIGHEST_TRIED = 65  # numbers that are put into a formula
FARTHEST = 4  # a size is written as name + difference up to here: more would be an accident of these numbers
MOST_TIMES = 4  # and a small one as so many times the name


def number_change(
    case: Case, number: Spot, wanted: int | str, least: ast.AST | None = None, *, everywhere: bool = False,
    against: Spot | None = None, now: int | None = None,
) -> Change:  # fmt: skip
    """Another number for one in the code.

    It is changed where it was born, if it serves nothing else on the way (everywhere: if it is meant for all its uses),
    else at the use after which it serves this one place. least: an expression that is to be shown in any case.
    against: the number it is to agree with, which must not change along.
    now: its value, by which the right one of several configurations in a list is told.
    """
    born = case.flow.born(number)
    if now is not None and (other := _sibling(case, number, now)) is not None:
        return replaced(other, other.node, str(wanted))
    if isinstance(born.node, ast.BinOp) and isinstance(wanted, int):
        shown = least if born.node is number.node else None
        return solved(case, born, wanted, shown) or replaced(born, born.node, str(wanted), least=shown)
    steps = case.flow.trail(number)
    if not everywhere and (passed := _passed_in_call(case, steps, wanted)) is not None:
        return passed
    theirs = {step.node for step in case.flow.trail(against)} if against is not None else None
    use = next((step for step in steps[:-1] if not everywhere and is_shared(case, step, theirs)), None)
    if use is None and (isinstance(born.node, ast.Constant) or len(steps) == 1):
        shown = least if born.node is number.node else None
        return replaced(born, born.node, str(wanted), least=shown)
    use = use or steps[-1]
    shown = least if use.node is number.node else call_around(use, use.node)
    return replaced(use, use.node, relative(case, use, wanted), least=shown)


def _passed_in_call(case: Case, steps: list[Spot], wanted: int | str) -> Change | None:
    """The call that left a parameter to its default, with the number; where it has others, or has this one by name."""
    parameter, default = steps[-2:] if len(steps) > 1 else (steps[-1], steps[-1])
    call, node = parameter.caller, parameter.node
    arguments = default.source.parents.get(default.node)
    if not isinstance(arguments, ast.arguments) or not isinstance(node, ast.Name) or call is None:
        return None
    if default.node not in [*arguments.defaults, *arguments.kw_defaults] or not isinstance(call.node, ast.Call):
        return None
    name = parameter_with(case, call, wanted) if isinstance(wanted, int) else None
    given = [*call.node.args, *call.node.keywords]
    if (name is None and not given) or call_name(call.node) == "__init__":
        return None
    begin = call.text.rstrip()[:-1].rstrip().rstrip(",")
    return replaced(call, call.node, f"{begin}{', ' if given else ''}{node.id}={name or wanted})")


def _sibling(case: Case, number: Spot, now: int) -> Spot | None:
    """The number of the same name in another item of a list of configurations, if the first has another value."""
    steps = case.flow.trail(number)
    born = steps[-1]
    if not isinstance(born.node, ast.Constant) or born.node.value == now:
        return None
    parents = born.source.parents
    item = parents.get(born.node)
    items = parents.get(item) if item is not None else None
    if not isinstance(items, ast.List | ast.Tuple):
        return None
    for other in items.elts:
        for inner in _same_place(item, born.node, other):
            if isinstance(inner, ast.Constant) and inner.value == now:
                return born.at(inner, ())
    return None


def _same_place(item: ast.AST | None, node: ast.AST, other: ast.AST) -> list[ast.expr]:
    """The expression in another item that stands where a node stands in its own: under the same key, or as far in."""
    if isinstance(item, ast.Dict) and isinstance(other, ast.Dict) and node in item.values:
        key = item.keys[item.values.index(node)]
        wanted = ast.dump(key) if key is not None else ""
        pairs = zip(other.keys, other.values, strict=True)
        return [value for name, value in pairs if name is not None and ast.dump(name) == wanted]
    if isinstance(item, ast.Tuple | ast.List) and isinstance(other, ast.Tuple | ast.List) and node in item.elts:
        at = item.elts.index(node)
        return other.elts[at : at + 1]
    return []


def is_shared(case: Case, step: Spot, theirs: set[ast.AST] | None = None) -> bool:
    """Whether a name, an attribute or an item of a configuration serves other places, that must not change along.

    A parameter that is read at several places of its function is for all of these, unless one of them is in the same
    call, or the number it is to agree with comes from it, too (theirs: the expressions on the way of that number).
    """
    node = step.node
    if isinstance(node, ast.Name):
        scope = step.source.scope_of(node)
        if not bindings_in(scope, node.id):
            scope = step.source.tree  # a constant of the whole file
        names = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == node.id]
        same = [n for n in names if isinstance(n.ctx, ast.Load)]
        if len(same) < 2:
            return False
        before = case.flow.before(step)
        is_parameter = any(b.kind == "parameter" for b in bindings_in(scope, node.id))
        call = call_around(step, node)
        if theirs is None or not is_parameter or before is None or before.node in theirs:
            return True
        return any(other is not node and call_around(step, other) is call for other in same)
    trees = [source.tree for source in case.flow.sites.sources] or [step.source.tree]
    if isinstance(node, ast.Attribute):
        return sum(_reads(n, node.attr) for tree in trees for n in ast.walk(tree)) > 1
    if isinstance(node, ast.Subscript):
        wanted = ast.dump(node)
        return sum(isinstance(n, ast.Subscript) and ast.dump(n) == wanted for t in trees for n in ast.walk(t)) > 1
    return False


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load)


def relative(case: Case, use: Spot, wanted: int | str) -> str:
    """A number in terms of the name that stood there: 2 * hidden, sensors + 4."""
    value = value_of(case.flow, use)
    is_item = isinstance(use.node, ast.Subscript) and isinstance(use.node.slice, ast.Constant)  # config["width"]
    is_named = (
        isinstance(use.node, ast.Name | ast.Attribute) or is_item or call_name(use.node) == "len"
    ) and not use.path
    if not is_named or not isinstance(wanted, int) or not isinstance(value, int):
        return str(wanted)
    if (name := parameter_with(case, use, wanted)) is not None:
        return name
    if value > 1 and wanted > value and wanted % value == 0 and (value >= 8 or wanted // value <= MOST_TIMES):
        return f"{wanted // value} * {use.text}"
    if value > 1 and 0 < wanted - value <= FARTHEST:
        return f"{use.text} + {wanted - value}"
    return str(wanted)


def solved(case: Case, spot: Spot, wanted: int, least: ast.AST | None = None) -> Change | None:
    """A formula with one of its own numbers changed so that it gives what is wanted: dim // 8 for dim // 4."""
    found = []
    if isinstance(spot.node, ast.BinOp) and value_of(case.flow, spot.at(spot.node.left)) == wanted:
        return replaced(spot, spot.node, spot.source.text(spot.node.left), least=call_around(spot, spot.node))
    for node in ast.walk(spot.node):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            for other in range(1, HIGHEST_TRIED):
                formula = grafted(spot, node, str(other))
                if formula is not None and value_of(case.flow, spot.at(formula)) == wanted:
                    found.append((abs(other - node.value), other, node))
    if not found:
        return None
    _, other, node = min(found, key=lambda item: item[0])
    name = parameter_with(case, spot.at(node), other)
    return replaced(spot, node, name or str(other), least=least or spot.node)


def parameter_with(case: Case, spot: Spot, size: int) -> str | None:
    """The only parameter of the function around a spot that has that value."""
    scope = spot.source.scope_of(spot.node)
    if isinstance(scope, ast.Module) or spot.source.parents.get(spot.node) is scope.args:
        return None
    found = []
    for argument in [*scope.args.args, *scope.args.kwonlyargs]:
        node = grafted(spot, spot.node, argument.arg)
        value = value_of(case.flow, spot.at(node, ())) if node is not None else None
        if type(value) is int and value == size:
            found.append(argument.arg)
    return found[0] if len(found) == 1 else None


def call_around(spot: Spot, part: ast.AST) -> ast.AST | None:
    """The call that a part is an argument of."""
    parent = spot.source.parents.get(part)
    return parent if isinstance(parent, ast.Call) else None
