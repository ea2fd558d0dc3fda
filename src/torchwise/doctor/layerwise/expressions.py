"""Changes of expressions: something put behind one, one in front of another in a list, a call written anew."""

import ast

from torch import nn

from torchwise.doctor.case import Case, path_in
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.numbers import callers
from torchwise.doctor.shapes import model_with
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot
from torchwise.finding import Mend

SIMPLE = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant


def code_of(spot: Spot, node: ast.AST) -> str:
    """The code of an expression on one line, in brackets where something can't be put behind it."""
    text = " ".join(spot.source.text(node).split())
    return text if isinstance(node, SIMPLE) else f"({text})"


def with_suffix(spot: Spot, node: ast.AST, suffix: str) -> Change:
    """An expression with a method called on it: x becomes x.flatten(1)."""
    return rewritten(spot, node, code_of(spot, node) + suffix)


def first_argument(spot: Spot | None) -> Spot | None:
    """The first argument of a call of the user's."""
    if spot is None or not isinstance(spot.node, ast.Call) or not is_user_file(spot.file):
        return None
    given = next((item for item in spot.node.args if not isinstance(item, ast.Starred)), None)
    given = given or next((keyword.value for keyword in spot.node.keywords), None)
    return spot.at(given, ()) if given is not None else None


def receiver_of(spot: Spot) -> ast.AST | None:
    """What a function or a method works on: x of x.flatten() and of torch.flatten(x)."""
    node = spot.node
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute):
        base = node.func.value
        is_namespace = isinstance(base, ast.Name) and base.id in ("torch", "F", "np", "numpy", "nn", "functional")
        if not is_namespace and not ast.unparse(base).endswith("functional"):
            return base
    return node.args[0] if node.args else None


def without(spot: Spot) -> Change | None:
    """An expression without the method, the attribute or the index at its end: x.permute(1, 2, 0) as x."""
    node = spot.node
    base = node.value if isinstance(node, ast.Attribute | ast.Subscript) else receiver_of(spot)
    return whole_call(spot, spot.source.text(base)) if base is not None else None


def whole_call(spot: Spot, new: str) -> Change:
    """A call written anew; shown with the assignment around it, but not with a call around it."""
    old = spot.source.text(spot.node)
    if (
        isinstance(spot.source.parents.get(spot.node), ast.Call | ast.List | ast.Starred | ast.keyword)
        and "\n" not in old
    ):
        return Change(Mend(file=spot.file, line=spot.line, old=old, new=new), new, spot)
    return rewritten(spot, spot.node, new)


def inserted_before(case: Case, module: nn.Module, code: str) -> Change | None:
    """Another layer in front of one, in the Sequential that holds it behind others; None if it is first everywhere."""
    held = holder(case, module)
    if held is None:
        return None
    sequential, child = held
    site, inner = case.site_of(sequential), case.site_of(module)
    if inner is None:
        return None
    chain = {spot.node for spot in [*callers(inner), inner]}
    if (own := case.site_of(child)) is not None:
        chain |= {spot.node for spot in [*callers(own), own]}
    arguments = site.node.args if site is not None and isinstance(site.node, ast.Call) else []
    for item in arguments:
        if site is not None and any(node in chain for node in ast.walk(item)):
            return rewritten(site, item, f"{code}, {site.source.text(item)}")
    return None


def holder(case: Case, module: nn.Module) -> tuple[nn.Sequential, nn.Module] | None:
    """The Sequential in which a module (or what it is the first of) comes behind another, and that part of it."""
    root = model_with(case, module)
    path = path_in(root, module) if root is not None else None
    if root is None or not path:
        return None
    names = path.split(".")
    while names:
        parent, child = root.get_submodule(".".join(names[:-1])), root.get_submodule(".".join(names))
        if not isinstance(parent, nn.Sequential):
            return None
        if next(iter(parent.children())) is not child:
            return parent, child
        names.pop()
    return None
