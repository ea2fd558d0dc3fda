"""The numbers that layers were built with, and the code in which two layers were put together."""

import ast
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.shapes import model_with
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name


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
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return True
    base = function.value.id
    return base == "self" or binding_of(site.source, base, site.node) is not None


def is_loop_variable(spot: Spot) -> bool:
    """Whether a name is that of a loop or a comprehension, and means nothing elsewhere."""
    found = binding_of(spot.source, spot.node.id, spot.node) if isinstance(spot.node, ast.Name) else None
    return found is not None and found[0].kind == "element"


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
    sites = [case.site_of(module) for module in branches(case, one, other)]
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


def branches(case: Case, one: nn.Module, other: nn.Module) -> tuple[nn.Module, nn.Module]:
    """The parts of the smallest module that holds both layers which hold one of them each."""
    root = model_with(case, one, other)
    if root is None:
        return one, other
    paths = [_path(root, one), _path(root, other)]
    if not paths[0] or not paths[1]:
        return one, other
    here, index = root, 0
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
