"""The numbers that layers were built with: the way back of each, where it is best changed, and how it reads then."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType

from torch import nn

from torchwise.doctor.bindings import Binding, attribute_bindings, binding_of, bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.recorder import calls_of
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.source import is_user_file, node_at
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

DEEPEST = 40
TELLING = {"print", "info", "debug", "warning", "log", "format", "write", "len", "isinstance", "summary"}


@dataclass(frozen=True, eq=False)
class Number:
    """One argument of a layer: its value, the call that built the layer, and the expression given there, if any."""

    module: nn.Module
    name: str
    value: int
    site: Spot
    given: Spot | None


def number_of(case: Case, module: nn.Module | None, name: str) -> Number | None:
    """The number that a layer of the user's was built with; None for layers that a library built."""
    if module is None:
        return None
    site = case.site_of(module)
    if site is None or not is_user_file(site.file) or not _builds(site, module):
        return None
    value = getattr(module, name, None)
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, int):
        return None
    return Number(module, name, value, site, case.layers.argument(site, module, name))


def _builds(site: Spot, module: nn.Module) -> bool:
    """Whether a call builds the module itself, and not something of a library that has it inside."""
    name = call_name(site.node)
    classes = [cls.__name__ for cls in type(module).__mro__]
    if name in classes or name.removeprefix("Lazy") in classes or not isinstance(site.node, ast.Call):
        return True
    function = site.node.func
    if isinstance(function, ast.Name):
        return binding_of(site.source, function.id, site.node) is not None
    return not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
                and function.value.id != "self" and binding_of(site.source, function.value.id, site.node) is None)  # fmt: skip


def callers(spot: Spot) -> list[Spot]:
    """The calls that led to a spot, the outermost first."""
    found: list[Spot] = []
    here = spot.caller
    while here is not None:
        found.insert(0, here)
        here = here.caller
    return found


def meeting(case: Case, one: nn.Module, other: nn.Module) -> int | None:
    """How many calls deep the code stands that put two layers together; None if that is not known."""
    branches = _branches(case, one, other)
    sites = [case.site_of(module) for module in branches]
    if sites[0] is None or sites[1] is None:
        return None
    chains = [[*(spot.node for spot in callers(site)), site.node] for site in sites if site is not None]
    common = 0
    while common < min(map(len, chains)) and chains[0][common] is chains[1][common]:
        common += 1
    if common < min(map(len, chains)):
        return common
    spots = [*callers(sites[0]), sites[0]]
    looped = [index for index in range(common) if is_in_loop(spots[index])]
    return looped[-1] if looped else max(common - 1, 0)


def _branches(case: Case, one: nn.Module, other: nn.Module) -> tuple[nn.Module, nn.Module]:
    """The parts of the smallest module that holds both layers which hold one of them each."""
    root = case.root
    paths = [] if root is None else [_path(root[1], one), _path(root[1], other)]
    if root is None or len(paths) < 2 or not paths[0] or not paths[1]:
        return one, other
    here, index = root[1], 0
    while paths[0][index] == paths[1][index]:
        here = here._modules[paths[0][index]]  # type: ignore[assignment]
        index += 1
        if index >= min(map(len, paths)):
            return one, other
    return here._modules[paths[0][index]] or one, here._modules[paths[1][index]] or other


def _path(root: nn.Module, module: nn.Module) -> list[str]:
    return next((name.split(".") for name, found in root.named_modules() if found is module and name), [])


def is_in_loop(spot: Spot) -> bool:
    """Whether an expression stands in a loop or a comprehension of its function."""
    here = spot.source.parents.get(spot.node)
    while here is not None and not isinstance(here, ast.FunctionDef | ast.Lambda):
        if isinstance(here, ast.For | ast.While | ast.ListComp | ast.GeneratorExp):
            return True
        here = spot.source.parents.get(here)
    return False


def trail_of(case: Case, number: Number, *, in_loop: bool = False) -> list[Spot]:
    """The way back of a number. in_loop: a variable that is carried from turn to turn has its value from the turn before."""
    found = [] if number.given is None else [number.given]
    while found and len(found) < DEEPEST:
        carried = carried_over(found[-1]) if in_loop else None
        before = carried or case.flow.before(found[-1])
        if before is None or any(before.node is spot.node for spot in found):
            break
        found.append(before)
    return found


def carried_over(spot: Spot) -> Spot | None:
    """What a variable was given later in the loop that an expression stands in, for the next turn."""
    scope = spot.source.scope_of(spot.node)
    bindings: list[Binding] = []
    if isinstance(spot.node, ast.Name):
        bindings = [binding for binding in bindings_in(scope, spot.node.id) if binding.kind == "value"]
    elif _is_own(spot.node) and not isinstance(scope, ast.Module | ast.Lambda):
        bindings = attribute_bindings(scope, scope.args.args[0].arg if scope.args.args else "self", spot.node.attr)  # type: ignore[attr-defined]
    loops = set(_loops(spot.source.parents, spot.node))
    later = [b for b in bindings if loops & set(_loops(spot.source.parents, b.statement))]
    return spot.at(later[-1].node, (*later[-1].path, *spot.path)) if later else None


def _is_own(node: ast.AST) -> bool:
    """self.x"""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _loops(parents: dict[ast.AST, ast.AST], node: ast.AST) -> Iterator[ast.AST]:
    here = parents.get(node)
    while here is not None:
        if isinstance(here, ast.For | ast.While):
            yield here
        here = parents.get(here)


def place_of(case: Case, number: Number, level: int | None, done: list[Step]) -> Spot | None:
    """The expression to change so that a number becomes another: as far back as nothing else depends on it.

    level: how deep the code stands in which the number should have been chosen; None: anywhere.
    done: the steps that have run already, whose layers have the right numbers.
    """
    in_loop = level is not None and number.given is not None and len(callers(number.given)) >= level
    trail = trail_of(case, number, in_loop=in_loop and level is not None and _loops_at(number, level))
    best = next(iter(trail), None)
    for step, before in zip(trail, trail[1:], strict=False):
        depth = len(callers(step))
        if level is not None and depth <= level and len(callers(before)) < level and not _is_setting(before):
            break
        if (level is None or depth <= level) and is_shared(step, number, done):
            break
        if isinstance(before.node, ast.Call | ast.Subscript | ast.ListComp | ast.GeneratorExp | ast.arg):
            break
        best = before
    return best


def _loops_at(number: Number, level: int) -> bool:
    """Whether the code at a level builds the layer in a loop."""
    spots = [*callers(number.site), number.site]
    return level < len(spots) and is_in_loop(spots[level])


def _is_setting(spot: Spot) -> bool:
    """Whether an expression is a plain number in a configuration, a default or a constant of the module."""
    return isinstance(spot.node, ast.Constant)


def is_shared(step: Spot, number: Number, done: list[Step]) -> bool:
    """Whether other code than the layer's own depends on a variable, so that another value would move it too."""
    built = {node for finished in done if finished.module is not None for node in _sites(finished.module)}
    uses = [use for use in _uses(step) if use is not step.node]
    if not uses or _is_running(step):
        return False
    for use in uses:
        around = list(_around(step.source.parents, use))
        calls = [node for node in around if isinstance(node, ast.Call)]
        if any(node is number.site.node for node in calls) or any(node in built for node in calls):
            return True
        is_layer = any(call_name(node)[:1].isupper() for node in calls)
        if not is_layer and not any(call_name(node) in TELLING for node in calls):
            return True
    return False


def _is_running(step: Spot) -> bool:
    """Whether a variable is given its value more than once in its function: it holds the size reached so far."""
    scope = step.source.scope_of(step.node)
    if isinstance(step.node, ast.Name):
        return len(bindings_in(scope, step.node.id)) > 1
    if _is_own(step.node) and not isinstance(scope, ast.Module | ast.Lambda):
        return len(attribute_bindings(scope, "self", step.node.attr)) >= 1 and scope.name != "__init__"  # type: ignore[attr-defined]
    return False


def _uses(step: Spot) -> list[ast.AST]:
    """The places that read the same variable: in the function for a local one, in the file for all others."""
    node, source = step.node, step.source
    if isinstance(node, ast.Name):
        found = binding_of(source, node.id, node)
        scope = found[1] if found is not None else source.tree
        return [item for item in ast.walk(scope) if isinstance(item, ast.Name) and item.id == node.id and _is_read(item)]
    if isinstance(node, ast.Attribute):
        return [
            item for item in ast.walk(source.tree)
            if isinstance(item, ast.Attribute) and item.attr == node.attr and _is_read(item)
        ]  # fmt: skip
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return [
            item for item in ast.walk(source.tree)
            if isinstance(item, ast.Subscript) and isinstance(item.slice, ast.Constant) and _is_read(item)
            and item.slice.value == node.slice.value and isinstance(item.slice.value, str)
        ]  # fmt: skip
    return []


def _is_read(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load)


def _around(parents: dict[ast.AST, ast.AST], node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around a node, up to its statement."""
    here = parents.get(node)
    while here is not None:
        yield here
        if isinstance(here, ast.stmt):
            return
        here = parents.get(here)


def _sites(module: nn.Module) -> list[ast.AST]:
    """The calls that built a module, as nodes."""
    found = [_node(code, lasti) for code, lasti in calls_of(module)[:1]]
    return [node for node in found if node is not None]


@cache
def _node(code: CodeType, lasti: int) -> ast.AST | None:
    return node_at(code, lasti)


def changed(case: Case, number: Number, value: int, *, level: int | None, done: list[Step], text: str = "") -> Change | None:
    """The mend that gives a layer another number. text: code for the new value, where one is known."""
    place = place_of(case, number, level, done)
    if place is None:
        return None
    return rewritten(place, place.node, text or value_text(place, number.value, value))


def value_text(place: Spot, old: int, new: int) -> str:
    """Code for a new value in place of an old one: a multiple of a variable stays one."""
    if isinstance(place.node, ast.Name | ast.Attribute | ast.Subscript) and old and new:
        if new % old == 0 and 2 <= new // old <= 16:
            return f"{place.text} * {new // old}"
        if old % new == 0 and 2 <= old // new <= 16:
            return f"{place.text} // {old // new}"
    return repr(new)
