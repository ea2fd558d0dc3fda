"""A count in a layer, of classes or words, and the line where it would be made larger."""

import ast

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.births.tracer import tracer
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.samples import stored
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced

FEW = 3  # rows that special tokens or a padding take


def count_change(case: Case, layer: nn.Module, parameter: str, wanted: int, *, is_alone: bool = False) -> Change | None:
    """Write a larger count for a layer: where the number stands, or behind the expression that counts.

    is_alone: the layer alone needs a few more; a number that others read too is left as it is.
    """
    site = case.site_of(layer)
    given = case.layers.argument(site, layer, parameter) if site is not None else None
    if given is None:
        return None
    given = _item_of(case, layer, given) or given
    born = _counted(case, given)
    before = getattr(layer, parameter, None)
    if is_alone and isinstance(before, int) and 0 < wanted - before <= FEW and (use := _shared_use(case, given)):
        return replaced(use, use.node, f"{use.text} + {wanted - before}", least=_call(use))
    if isinstance(born.node, ast.Constant):
        around = born.source.parents.get(born.node)
        return replaced(born, born.node, str(wanted), least=around if isinstance(around, ast.Call) else None)
    if (larger := _largest(case, born)) is not None:
        return replaced(born, born.node, larger)
    if isinstance(before, int) and 0 < wanted - before <= FEW:
        if isinstance(born.node, ast.BinOp) and isinstance(born.node.right, ast.Constant):
            return _other_term(born, wanted - before)
        place = born if isinstance(born.node, ast.Call | ast.Attribute | ast.Subscript) else given
        return replaced(place, place.node, f"{place.text} + {wanted - before}", least=_call(place))
    return replaced(given, given.node, str(wanted), least=_call(given))


def _shared_use(case: Case, given: Spot) -> Spot | None:
    """The expression by which a layer reads a constant that is read elsewhere too: cfg.window, MAX_LENGTH."""
    trail = case.flow.trail(given)
    use = trail[-2] if len(trail) > 1 and isinstance(trail[-1].node, ast.Constant) else None
    if use is None or not isinstance(use.node, ast.Name | ast.Attribute):
        return None
    name = use.node.id if isinstance(use.node, ast.Name) else use.node.attr
    reads = [node for source in case.flow.sites.sources for node in source.parents
             if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
             and name == (node.id if isinstance(node, ast.Name) else node.attr)]  # fmt: skip
    way = {step.node for step in trail}
    is_constant = isinstance(use.node, ast.Attribute) or name.isupper()
    return use if is_constant and any(type(node) is type(use.node) and node not in way for node in reads) else None


def _other_term(born: Spot, more: int) -> Change:
    """len(words) + 2 for len(words) + 1."""
    node = born.node
    assert isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant), "checked by the caller"
    number = node.right.value
    if isinstance(node.op, ast.Add) and isinstance(number, int):
        return replaced(born, node.right, str(number + more), least=node)
    if isinstance(node.op, ast.Sub) and number == more:
        return replaced(born, node, born.source.text(node.left))
    return replaced(born, node, f"{born.text} + {more}")


def _largest(case: Case, born: Spot) -> str | None:
    """int(ids.max()) + 1 for a count of different values: len(ids.unique()), table["id"].nunique(), len(set(ids))."""
    node = born.node
    inner: ast.AST | None = None
    if isinstance(node, ast.Call) and call_name(node) == "len" and len(node.args) == 1:
        inner = node.args[0]
    elif isinstance(node, ast.Call) and call_name(node) in ("numel", "size", "nunique"):
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    elif isinstance(node, ast.Attribute) and node.attr == "size":
        inner = node.value
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        inner = node.value.value
    if inner is None or call_name(node) == "nunique":
        return _top(case, born, inner, "{}.max()") if inner is not None else None
    made = case.flow.born(born.at(inner, ()))  # ids = df["item"].unique();  len(ids)
    inner, source = made.node, made.source
    if isinstance(inner, ast.SetComp):
        return _top(case, born, node.args[0], "max({})") if isinstance(node, ast.Call) and node.args else None
    if not isinstance(inner, ast.Call) or call_name(inner) not in ("unique", "set") or source is not born.source:
        return None
    if isinstance(inner.func, ast.Attribute) and not inner.args:
        return _top(case, made, inner.func.value, "{}.max()")
    return _top(case, made, inner.args[0], "max({})" if call_name(inner) == "set" else "{}.max()")


def _top(case: Case, spot: Spot, ids: ast.AST, form: str) -> str | None:
    """One more than the largest of some numbers; None where they are words."""
    value = tracer(case).value(spot.at(ids, ()))
    some = list(value)[:3] if isinstance(value, str | list | tuple | set | dict) else []
    if any(isinstance(item, str) for item in some) or str(getattr(value, "dtype", "")) in ("object", "str", "string"):
        return None
    return f"int({form.format(spot.source.text(ids))}) + 1"


def _counted(case: Case, given: Spot) -> Spot:
    """Where a number was born, before it was made an int: int(table["id"].nunique())."""
    born = case.flow.born(given)
    node = born.node
    if isinstance(node, ast.Call) and call_name(node) == "int" and len(node.args) == 1:
        return case.flow.born(born.at(node.args[0], ()))
    return born


def _call(spot: Spot) -> ast.AST | None:
    parent = spot.source.parents.get(spot.node)
    return parent if isinstance(parent, ast.Call) else None


def _item_of(case: Case, layer: nn.Module, given: Spot) -> Spot | None:
    """The number of one layer among several that a comprehension builds from a list of numbers."""
    path = case.path_of(layer).split(".")
    place = next((int(name) for name in reversed(path) if name.isdigit()), None)
    if not isinstance(given.node, ast.Name):
        return None
    found = binding_of(given.source, given.node.id, given.node)
    if found is None or found[0].kind != "element":
        return None
    made = case.flow.born(given.at(found[0].node, ()))
    if isinstance(made.node, ast.Call) and call_name(made.node) in ("values", "items"):
        made = case.flow.born(made.at(made.node.func.value, ()))  # type: ignore[attr-defined]
    if isinstance(made.node, ast.ListComp | ast.GeneratorExp):
        return made.at(made.node.elt, ())
    if isinstance(made.node, ast.DictComp):
        return made.at(made.node.value, ())
    if isinstance(made.node, ast.Dict) and not made.node.keys:
        return stored(made)
    items = made.node.values if isinstance(made.node, ast.Dict) else getattr(made.node, "elts", [])
    if isinstance(made.node, ast.Dict) and place is None:
        named = [k.value if isinstance(k, ast.Constant) else None for k in made.node.keys]
        place = named.index(path[-1]) if path[-1] in named else None
    if place is None or place >= len(items):
        return None
    item = made.at(items[place], ())
    for key in found[0].path[1:] if isinstance(made.node, ast.Dict) else found[0].path:
        parts = getattr(item.node, "elts", [])
        if not isinstance(key, int) or key >= len(parts):
            return None
        item = item.at(parts[key])
    return item
