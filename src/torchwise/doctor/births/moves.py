"""Moves to a device in the user's code: those that are thrown away, and how one is written."""

import ast
from collections.abc import Iterator
from typing import Any

import torch

from torchwise.doctor.births.casts import method_around
from torchwise.doctor.births.modules import sources
from torchwise.doctor.births.words import written
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Mend

MOVES = {"to", "cuda", "xpu", "mps"}


def is_move(node: ast.AST) -> bool:
    """Whether a call moves what stands before the point: x.to(device), x.cuda()."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in MOVES:
        return False
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    return node.func.attr != "to" or any(
        (not written(a) and not isinstance(a, ast.Constant)) or _is_device(a) for a in arguments
    )


def _is_device(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def moved(node: ast.AST) -> ast.expr:
    """What a move moves."""
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute), "asked for moves"
    return node.func.value


def lost_move(spot: Spot) -> tuple[Change, str] | None:
    """A move of the very name at a spot whose result is not used: how its line would read, and the name."""
    source = spot.source
    scope = source.scope_of(spot.node)
    wanted = ast.dump(_plain(spot.node))
    for node in ast.walk(scope):
        if not is_move(node) or source.scope_of(node) is not scope or node.lineno > getattr(spot.node, "lineno", 0):  # type: ignore[attr-defined]
            continue
        target = moved(node)
        is_same = ast.dump(_plain(target)) == wanted or _is_part(spot, node, target)
        if is_same and isinstance(source.parents.get(node), ast.Expr):
            text = f"{source.text(target)} = {source.text(node)}"
            return replaced(spot.at(node, ()), node, text), source.text(target)
        if (found := _in_loop(spot, node, wanted)) is not None:
            return found
    return None


def _is_part(spot: Spot, move: ast.AST, target: ast.expr) -> bool:
    """Whether what is moved is the part of the value that is meant: batch["x"], or batch[key] in a loop over keys."""
    if not isinstance(target, ast.Subscript) or not spot.path or ast.unparse(target.value) != ast.unparse(spot.node):
        return False
    if isinstance(target.slice, ast.Constant):
        return target.slice.value == spot.path[0]
    here = spot.source.parents.get(move)
    while here is not None and not isinstance(here, ast.For):
        here = spot.source.parents.get(here)
    if here is None or ast.unparse(here.target) != ast.unparse(target.slice):
        return False
    keys = here.iter.elts if isinstance(here.iter, ast.Tuple | ast.List | ast.Set) else []
    named = [item.value for item in keys if isinstance(item, ast.Constant)]
    return not named or spot.path[0] in named


def _in_loop(spot: Spot, node: ast.AST, wanted: str) -> tuple[Change, str] | None:
    """`for t in (x, y): t = t.to(device)` and `for v in batch.values(): v.to(device)`: the name of the loop alone is moved."""
    source = spot.source
    statement = source.statement_of(node)
    loop = source.parents.get(statement)
    target = moved(node)
    if not isinstance(target, ast.Name):
        return None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.ListComp) and statement.value.elt is node:
        names, iterable = statement.value.generators[0].target, statement.value.generators[0].iter
        loop = statement
    elif isinstance(loop, ast.For):
        names, iterable = loop.target, loop.iter
    else:
        return None
    bound = [item.id for item in ast.walk(names) if isinstance(item, ast.Name)]
    is_kept = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) != target.id
    if target.id not in bound or is_kept:
        return None
    if (
        isinstance(iterable, ast.Call)
        and call_name(iterable) in ("items", "values")
        and isinstance(iterable.func, ast.Attribute)
    ):
        if ast.dump(_plain(iterable.func.value)) != _base_of(wanted, spot):
            return None
        name = source.text(iterable.func.value)
        if len(bound) == 2 and not isinstance(statement, ast.Expr):
            return replaced(spot.at(statement, ()), statement, f"{name}[{bound[0]}] = {source.text(node)}"), name
        if len(bound) == 2:
            return replaced(spot.at(node, ()), node, f"{name}[{bound[0]}] = {source.text(node)}"), name
        text = (
            f"{name} = {{key: {target.id}{source.text(node)[len(target.id) :]} for key, {target.id} in {name}.items()}}"
        )
        return replaced(spot.at(node, ()), node, text), name
    items = iterable.elts if isinstance(iterable, ast.Tuple | ast.List) else [iterable]
    if all(ast.dump(_plain(item)) not in (wanted, _base_of(wanted, spot)) for item in items):
        return None
    names_text = ", ".join(source.text(item) for item in items)
    call = source.text(node)[len(target.id) :]
    moved_text = ", ".join(f"{source.text(item)}{call}" for item in items)
    if isinstance(iterable, ast.Tuple | ast.List):
        text = f"{names_text} = {moved_text}"
    else:
        text = f"{names_text} = [{target.id}{call} for {target.id} in {names_text}]"
    if isinstance(loop, ast.Expr):
        return replaced(spot.at(loop, ()), loop.value, text), names_text
    change = Change(Mend(file=spot.file, line=getattr(node, "lineno", 1)), text, spot.at(node, ()))
    return change, names_text


def _base_of(wanted: str, spot: Spot) -> str:
    """What a part is taken from: batch for batch["x"]."""
    node = spot.node
    return ast.dump(_plain(node.value)) if isinstance(node, ast.Subscript) else wanted


def _plain(node: ast.AST) -> ast.AST:
    """The same code, compared without its context."""
    return ast.parse(ast.unparse(node), mode="eval").body


def renamed_move(spot: Spot) -> tuple[Spot, str] | None:
    """A move of this name that was given another name, before its use: x_gpu = x.to(device)."""
    source, node = spot.source, spot.node
    if not isinstance(node, ast.Name):
        return None
    scope = source.scope_of(node)
    for statement in ast.walk(scope):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or statement.lineno >= node.lineno:
            continue
        target = statement.targets[0]
        if is_move(statement.value) and isinstance(target, ast.Name) and target.id != node.id:
            inner = moved(statement.value)
            if isinstance(inner, ast.Name) and inner.id == node.id:
                return spot.at(statement, ()), target.id
    return None


def device_text(case: Case, spot: Spot, there: torch.device) -> str:
    """The user's own name for a device, as it can be written at a spot: device, args.device, self.device, "cuda"."""
    scope = spot.source.scope_of(spot.node)
    for text in _in_moves(spot, scope):
        return text
    for name, value in _names(spot, case):
        if _is_that(value, there) and "dev" in name.lower():
            return name
    if not isinstance(scope, ast.Module):
        named = [argument.arg for argument in [*scope.args.args, *scope.args.kwonlyargs] if "device" in argument.arg]
        if named:
            return named[0]
    for source in sources(case):
        for text in _in_moves(Spot(source, source.tree), source.tree, everywhere=True):
            if text.split(".")[0].split("[")[0] in _global_names(case, spot):
                return text
    return f'"{there}"'


def _in_moves(spot: Spot, scope: ast.AST, *, everywhere: bool = False) -> Iterator[str]:
    """The devices that moves in a scope name."""
    for node in ast.walk(scope):
        if not is_move(node) or not isinstance(node, ast.Call) or call_name(node) != "to":
            continue
        if not everywhere and spot.source.scope_of(node) is not scope:
            continue
        given = keyword_of(node, "device") or next(iter(node.args), None)
        if given is not None and not written(given):
            yield spot.source.text(given)


def _names(spot: Spot, case: Case) -> Iterator[tuple[str, Any]]:
    """The names that can be written at a spot, with their values where they are known."""
    if spot.frame is not None:
        yield from list(spot.frame.locals.items())
        yield from list(spot.frame.frame.f_globals.items())
    receiver = spot.receiver
    if receiver is not None and not isinstance(receiver, type):
        for name, value in list(getattr(receiver, "__dict__", {}).items()):
            yield f"self.{name}", value
    if spot.frame is None:
        yield from _global_names(case, spot).items()


def _global_names(case: Case, spot: Spot) -> dict[str, Any]:
    frame = next((frame for frame in case.flow.frames if frame.source is spot.source), None)
    return dict(frame.frame.f_globals) if frame is not None else {}


def _is_that(value: Any, there: torch.device) -> bool:
    """Whether a value names a device."""
    if isinstance(value, str):
        try:
            value = torch.device(value)
        except RuntimeError:
            return False
    return isinstance(value, torch.device) and value.type == there.type


def with_move(case: Case, spot: Spot, there: torch.device) -> Change:
    """An expression moved where it stands: model(x.to(device))."""
    node = spot.node
    is_simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    text = spot.text if is_simple else f"({spot.text})"
    return replaced(spot, node, f"{text}.to({device_text(case, spot, there)})", least=method_around(spot))
