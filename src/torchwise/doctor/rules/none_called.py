"""None is called like a layer: one that was switched off, a function that returned nothing, a None in a Sequential."""

import ast
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.handed import Handed
from torchwise.doctor.objects.origins import origin_of_nothing
from torchwise.doctor.rules.calls import is_about_torch
from torchwise.doctor.rules.nothing import not_returned
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding
from torchwise.texts import note


def none_is_called(case: Case) -> Iterator[Finding]:
    """TW005, TW014, TW015: what is called is None."""
    if (
        not isinstance(case.error, TypeError)
        or "'NoneType' object is not callable" not in case.text
        or case.frame is None
    ):
        return
    if case.inner:
        yield from _within_torch(case)
        return
    node = case.frame.node
    if not isinstance(node, ast.Call) or not (is_about_torch(case, None, "NoneType") or _is_in_module(case)):
        return
    callee = case.spot(node.func)
    origin = origin_of_nothing(case.flow, callee)
    if origin.kind == "no return":
        yield not_returned(case, Handed("NoneType", None, callee, attribute="__call__"), origin)
        return
    yield _switched_off(case, callee)


def _is_in_module(case: Case) -> bool:
    """Whether the line belongs to a module of the user's."""
    return case.frame is not None and isinstance(case.frame.receiver(), nn.Module)


def _switched_off(case: Case, callee: Spot) -> Finding:
    """A layer that is None, for it was switched off."""
    made = case.flow.born(callee)
    text = " ".join(callee.text.split())
    what = note("{callee} is None (NoneType), which can't be called", callee=text.removeprefix("self."))
    spot = _none_literal(made) or made
    why = (
        note("it is None since {place}", place=name_of_file(spot))
        if made.node is not callee.node
        else note("it is None")
    )
    if isinstance(spot.node, ast.Constant):
        change = replaced(spot, spot.node, "nn.Identity()")
        return case.finding("TW014", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW014", what, why=why, fix=f"if {text} is not None: ...", mend=spot, sure=False)


def _none_literal(made: Spot) -> Spot | None:
    for node in ast.walk(made.node):
        if isinstance(node, ast.Constant) and node.value is None:
            return made.at(node, ())
    return None


def _within_torch(case: Case) -> Iterator[Finding]:
    """None in a Sequential stands for a layer that was left out."""
    last = case.inner[-1]
    sequential = last.locals.get("self")
    if last.function != "forward" or not isinstance(sequential, nn.Sequential):
        return
    empty = [name for name, child in sequential._modules.items() if child is None]
    if not empty:
        return
    path = case.path_of(sequential) or "nn.Sequential"
    what = note("part {number} of {path} is None, so the Sequential can't call it", number=empty[0], path=path)
    why = note("every part of nn.Sequential must be a module; nn.Identity() is one that changes nothing")
    site = case.site_of(sequential)
    spot = _none_in(site) if site is not None else None
    change = replaced(spot, spot.node, "nn.Identity()") if spot is not None else None
    yield case.finding("TW015", what, why=why, fix=change.text if change else "nn.Identity()",
                       mend=change.mend if change else site)  # fmt: skip


def _none_in(site: Spot) -> Spot | None:
    """The None in the call that built a Sequential, or in the function that put its list together."""
    for around in (site.node, site.source.scope_of(site.node)):
        for node in ast.walk(around):
            parent = site.source.parents.get(node)
            is_none = isinstance(node, ast.Constant) and node.value is None
            if is_none and isinstance(parent, ast.IfExp | ast.List | ast.Call | ast.Tuple) and not isinstance(
                site.source.parents.get(parent), ast.arguments
            ):  # fmt: skip
                return site.at(node, ())
    return None


RULES = (none_is_called,)
