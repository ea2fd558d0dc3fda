"""Where a layer's number is best changed: as far back as nothing depends on it that is right already."""

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from torchwise.doctor.bindings import Binding, attribute_bindings, binding_of, bindings_in
from torchwise.doctor.case import Case, path_in
from torchwise.doctor.layerwise.numbers import Number, branches, callers, is_in_loop, meeting
from torchwise.doctor.recorder import calls_of
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.source import node_at
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import RANDOM

DEEPEST = 40
TELLING = {"print", "info", "debug", "warning", "log", "format", "write", "len", "isinstance", "summary"}
LISTED = {"zip", "enumerate", "list", "tuple", "reversed", "pairwise"}


@dataclass(frozen=True, eq=False)
class Ground:
    """What the choice of a place depends on.

    level: how deep the code stands that put the layer and its supplier together; None where the data are the supplier.
    inside: layers beside the number's own, in the part of the model it belongs to, that have run with their numbers;
    outside: all that have run. in_turns: whether the size may come from the turn before of a loop that builds layers.
    """

    level: int | None
    inside: tuple[nn.Module, ...]
    outside: tuple[nn.Module, ...]
    in_turns: bool = False


def ground_of(
    case: Case, number: Number, rival: nn.Module | None, steps: Sequence[Step], made_in: nn.Module | None = None
) -> Ground:
    """The ground of a number, given the layer that its size has to agree with.

    made_in: without such a layer, the module in whose `forward` the size came about.
    """
    done = tuple(step.module for step in steps if step.module is not None)
    if rival is None and made_in is not None:
        return _ground_in(case, number, made_in, done)
    if rival is None:
        return Ground(None, done, done)
    parts, level = set(branches(case, number.module, rival)[0].modules()), meeting(case, number.module, rival)
    inside = tuple(m for m in done if m in parts and m is not rival)
    sites = number.site, case.site_of(rival)
    in_turns = level is not None and all(site is not None and _is_looped(site, level) for site in sites)
    return Ground(level, inside, done, in_turns)


def _is_looped(site: Spot, level: int) -> bool:
    """Whether the code that is so many calls deep stands in a loop."""
    spots = [*callers(site), site]
    return level < len(spots) and is_in_loop(spots[level])


def _ground_in(case: Case, number: Number, made_in: nn.Module, done: tuple[nn.Module, ...]) -> Ground:
    """The ground where the size came about in the `forward` of a module."""
    path = path_in(made_in, number.module)
    if path is None:
        level, part = meeting(case, number.module, made_in), branches(case, number.module, made_in)[0]
    else:
        site = case.site_of(made_in)
        level = len(callers(site)) + 1 if site is not None else None
        part = made_in.get_submodule(path.partition(".")[0])
    parts = set(part.modules())
    return Ground(level, tuple(module for module in done if module in parts), done)


def trail_of(case: Case, number: Number, ground: Ground) -> list[Spot]:
    """The way back of a number; a variable carried from turn to turn of a loop has its value from the turn before."""
    found = [] if number.given is None else [number.given]
    while found and len(found) < DEEPEST:
        here = found[-1]
        carried = _carried_over(here) if ground.in_turns and len(callers(here)) == ground.level else None
        before = carried or case.flow.before(here) or _sequence(here)
        if before is None or any(before.node is spot.node for spot in found):
            break
        found.append(before)
    return found


def _carried_over(spot: Spot) -> Spot | None:
    """What a variable was given later in the loop that an expression stands in, for the next turn."""
    later = [b for b in _bindings(spot) if _loops(spot, spot.node) & _loops(spot, b.statement)]
    return spot.at(later[-1].node, (*later[-1].path, *spot.path)) if later else None


def _bindings(spot: Spot) -> list[Binding]:
    """All values that a local variable or an attribute of self is given in the function."""
    scope = spot.source.scope_of(spot.node)
    if isinstance(spot.node, ast.Name):
        return [binding for binding in bindings_in(scope, spot.node.id) if binding.kind == "value"]
    if isinstance(spot.node, ast.Attribute) and isinstance(scope, ast.FunctionDef) and scope.args.args:
        return attribute_bindings(scope, scope.args.args[0].arg, spot.node.attr)
    return []


def _loops(spot: Spot, node: ast.AST) -> set[ast.AST]:
    found: set[ast.AST] = set()
    here = spot.source.parents.get(node)
    while here is not None:
        if isinstance(here, ast.For | ast.While):
            found.add(here)
        here = spot.source.parents.get(here)
    return found


def _sequence(spot: Spot) -> Spot | None:
    """The list that a loop takes a number from, and the list that one is a part or a copy of."""
    node, path = spot.node, spot.path
    if isinstance(node, ast.Name):
        found = binding_of(spot.source, node.id, node)
        if found is None or found[0].kind != "element":
            return None
        node, path = found[0].node, found[0].path
    elif isinstance(node, ast.Subscript):
        return spot.at(node.value, ())
    while isinstance(node, ast.Call):
        name = call_name(node)
        index = path[0] if path and isinstance(path[0], int) else 0
        if name == "zip" and index < len(node.args):
            node, path = node.args[index], path[1:]
        elif name == "enumerate" and node.args:
            node, path = node.args[0], path[1:]
        elif name in LISTED and node.args:
            node = node.args[0]
        else:
            return None
    while isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        node = node.value
    return None if node is spot.node else spot.at(node, ())


def place_of(case: Case, number: Number, ground: Ground) -> Spot | None:
    """The expression to change so that a number becomes another."""
    trail = trail_of(case, number, ground)
    best = next(iter(trail), None)
    in_list = False  # from here on the trail is that of the list which the number was taken from
    for step, before in itertools.pairwise(trail):
        depth, level = len(callers(step)), ground.level
        is_inner = level is None or depth > level
        leaves = level is not None and depth <= level and len(callers(before)) < level
        if leaves and not isinstance(before.node, ast.Constant):
            break
        if _serves_others(case, step, number, ground, is_inner=is_inner):
            break
        in_list = in_list or case.flow.before(step) is None
        if (call := _left_out_of(step, before)) is not None:
            return call
        if isinstance(before.node, ast.Constant) and before.node.value != number.value:
            item = _item_beside(before, number.value)  # the flow takes the first item of a list for any of them
            return best if item is None else item
        if isinstance(before.node, ast.Call | ast.arg) and call_name(before.node) not in LISTED:
            return before if isinstance(before.node, ast.Call) and _is_chosen_there(step, before) else best
        if not in_list or not isinstance(before.node, ast.Name | ast.Call):
            best = before
    return best


def _left_out_of(step: Spot, before: Spot) -> Spot | None:
    """The call that gives other arguments and leaves this one to its default; its path is the parameter's name."""
    default, arguments = before.node, before.source.parents.get(before.node)
    if not isinstance(step.node, ast.Name) or not isinstance(arguments, ast.arguments):
        return None
    if default not in [*arguments.defaults, *arguments.kw_defaults]:
        return None
    call = step.caller
    while call is not None and isinstance(call.node, ast.Call) and _passes_on(call):
        call = call.caller
    if call is None or not isinstance(call.node, ast.Call) or not (call.node.args or call.node.keywords):
        return None
    return None if call_name(call.node) == "__init__" else call.at(call.node, (step.node.id,))


def _passes_on(call: Spot) -> bool:
    """Whether a call hands on the keywords that its own function was given: Block(**kwargs)."""
    scope = call.source.scope_of(call.node)
    if isinstance(scope, ast.Module) or scope.args.kwarg is None or not isinstance(call.node, ast.Call):
        return False
    spread = [keyword.value for keyword in call.node.keywords if keyword.arg is None]
    return any(isinstance(value, ast.Name) and value.id == scope.args.kwarg.arg for value in spread)


def _is_chosen_there(step: Spot, before: Spot) -> bool:
    """Whether a computed number is given where something of the user's is built: Net(n_features=len(COLUMNS))."""
    return len(callers(before)) < len(callers(step))


def _item_beside(spot: Spot, value: int) -> Spot | None:
    """The one number of this value in the list that a number stands in."""
    around = spot.source.parents.get(spot.node)
    items = around.elts if isinstance(around, ast.List | ast.Tuple) else []
    same = [item for item in items if isinstance(item, ast.Constant) and item.value == value]
    return spot.at(same[0], ()) if len(same) == 1 else None


def _serves_others(case: Case, step: Spot, number: Number, ground: Ground, *, is_inner: bool) -> bool:
    """Whether other code than the layer's own needs a variable as it is.

    Inside of the part of the model that the layer belongs to, other layers may take the same number for the same input;
    but not if they ran with it already, or take it for their output.
    """
    others = [use for use in uses_of(step) if use is not step.node]
    if not others or _is_running(step):
        return False
    built = {node for module in (ground.inside if is_inner else ground.outside) for node in sites_of(case, module)}
    for use in others:
        calls = [node for node in _around(step, use) if isinstance(node, ast.Call)]
        if any(node is number.site.node or node in built for node in calls):
            return True
        layers = [node for node in calls if call_name(node)[:1].isupper()]
        if layers and is_inner and _is_output(layers[0], use):
            return True
        is_plain = is_inner and not (ground.level is None and (_is_item(step.node) or _draws(calls)))
        if not layers and not is_plain and not any(call_name(node) in TELLING | LISTED for node in calls):
            return True
    return False


def _is_item(node: ast.AST) -> bool:
    """raw_shape[0]: one size of several that belong together."""
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int


def _draws(calls: list[ast.Call]) -> bool:
    """Whether random data are made with a number: they would change along with it."""
    return any(call_name(node) in RANDOM for node in calls)


def _is_output(call: ast.Call, use: ast.AST) -> bool:
    """Whether a value is given for the output of a layer: its second argument, or one named so."""
    named = [keyword.arg or "" for keyword in call.keywords if use in ast.walk(keyword.value)]
    return any(name.startswith("out") for name in named) or (len(call.args) > 1 and use in ast.walk(call.args[1]))


def _is_running(step: Spot) -> bool:
    """Whether a variable holds the size reached so far: it is given a value more than once, or after `__init__`."""
    bindings = _bindings(step)
    if isinstance(step.node, ast.Name):
        return len(bindings) > 1
    return bool(bindings) and getattr(step.source.scope_of(step.node), "name", "__init__") != "__init__"


def uses_of(step: Spot) -> list[ast.AST]:
    """The places that read the same variable: in the function for a local one, in the file for all others."""
    node, source = step.node, step.source
    same: list[Any]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        key = ast.dump(node.slice)
        same = [
            item for item in ast.walk(source.tree) if isinstance(item, ast.Subscript) and ast.dump(item.slice) == key
        ]  # fmt: skip
    elif isinstance(node, ast.Subscript):  # widths[0]: whoever reads the list
        inside = set(ast.walk(node))
        return [node, *(use for use in uses_of(step.at(node.value, ())) if use not in inside)]
    elif isinstance(node, ast.Name):
        found = binding_of(source, node.id, node)
        scope: ast.AST = found[1] if found is not None else source.tree
        if found is not None and isinstance(found[0].statement, ast.ListComp | ast.GeneratorExp | ast.DictComp):
            scope = found[0].statement
        same = [item for item in ast.walk(scope) if isinstance(item, ast.Name) and item.id == node.id]
    elif isinstance(node, ast.Attribute):
        same = [item for item in ast.walk(source.tree) if isinstance(item, ast.Attribute) and item.attr == node.attr]
    else:
        return []
    return [item for item in same if isinstance(getattr(item, "ctx", None), ast.Load)]


def _around(step: Spot, node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around a node, up to its statement."""
    here = step.source.parents.get(node)
    while here is not None and not isinstance(here, ast.stmt):
        yield here
        here = step.source.parents.get(here)


def sites_of(case: Case, module: nn.Module) -> list[ast.AST]:
    """The innermost call that built a module, as a node."""
    found = [node_at(code, lasti) for code, lasti in calls_of(module)[:1]]
    if not found and (site := case.site_of(module)) is not None:
        found = [site.node]
    return [node for node in found if node is not None]
