"""Moves of a batch that forget one of its tensors: the statement that moves the others."""

import ast

from torchwise.doctor.births.moves import is_move, moved
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.fitting import attached
from torchwise.finding import Mend


def forgetful_move(spot: Spot) -> Change | None:
    """The statement that moves the other names of the same batch, with this one too."""
    source, node = spot.source, spot.node
    if (found := _forgetful_part(spot) or _forgetful_item(spot)) is not None:
        return found
    if not isinstance(node, ast.Name) or spot.path:
        return None
    scope = source.scope_of(node)
    siblings = _siblings(spot, node)
    for statement in ast.walk(scope):
        if (
            not isinstance(statement, ast.Assign)
            or source.scope_of(statement) is not scope
            or len(statement.targets) != 1
        ):
            continue
        if not _moves_names(statement, siblings) or not _share_block(source.parents, statement, node):
            continue
        call = next(item for item in ast.walk(statement.value) if is_move(item))
        tail = source.text(call)[len(source.text(moved(call))) :]
        left, right = source.text(statement.targets[0]), source.text(statement.value)
        new = f"{left}, {node.id} = {right}, {node.id}{tail}"
        return Change(
            Mend(file=spot.file, line=statement.lineno, old=source.text(statement), new=new),
            new,
            spot.at(statement, ()),
        )
    return None


def _forgetful_part(spot: Spot) -> Change | None:
    """The statement that moves another part of the same batch: batch["x"] = batch["x"].to(device), batch.x = ..."""
    source, node = spot.source, spot.node
    if isinstance(node, ast.Name) and spot.path and isinstance(spot.path[0], str):
        base, part = node.id, f"[{spot.path[0]!r}]"
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id != "self":
        base, part = node.value.id, f".{node.attr}"
    else:
        return None
    scope = source.scope_of(node)
    for statement in ast.walk(scope):
        if (
            not isinstance(statement, ast.Assign)
            or source.scope_of(statement) is not scope
            or not is_move(statement.value)
        ):
            continue
        target, inner = statement.targets[0], moved(statement.value)
        kind = ast.Subscript if part.startswith("[") else ast.Attribute
        if (
            not isinstance(target, kind)
            or ast.unparse(target) != ast.unparse(inner)
            or ast.unparse(target.value) != base
        ):
            continue
        text = source.text(statement)
        tail = source.text(statement.value)[len(source.text(inner)) :]
        quoted = part.replace("'", '"')
        more = f"{base}{quoted} = {base}{quoted}{tail}"
        new = f"{text}\n{' ' * statement.col_offset}{more}"
        return Change(Mend(file=spot.file, line=statement.lineno, old=text, new=new), more, spot.at(statement, ()))
    return None


def _forgetful_item(spot: Spot) -> Change | None:
    """An item of a tuple or dict whose other items are moved where it is put together."""
    source, node = spot.source, spot.node
    parent = source.parents.get(node)
    items = parent.elts if isinstance(parent, ast.Tuple) else parent.values if isinstance(parent, ast.Dict) else []
    other = next((item for item in items if item is not node and is_move(item)), None)
    if other is None or is_move(node):
        return None
    tail = source.text(other)[len(source.text(moved(other))) :]
    return attached(spot, tail, 1.0, "move").change


def _share_block(parents: dict[ast.AST, ast.AST], statement: ast.AST, use: ast.AST) -> bool:
    """Whether a use stands in the block (the loop, the function) of a statement."""
    block = parents.get(statement)
    here: ast.AST | None = use
    while here is not None and here is not block:
        here = parents.get(here)
    return here is block


def _siblings(spot: Spot, name: ast.Name) -> set[str]:
    """The names bound beside a name: in the same loop or assignment, or as parameters of the same function."""
    scope = spot.source.scope_of(name)
    found: set[str] = set()
    for node in ast.walk(scope):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.For) else []
        for target in targets:
            names = {item.id for item in ast.walk(target) if isinstance(item, ast.Name)}
            if name.id in names and len(names) > 1 and not is_move(getattr(node, "value", node)):
                found |= names
    if not isinstance(scope, ast.Module) and name.id in {argument.arg for argument in scope.args.args}:
        found |= {argument.arg for argument in scope.args.args}
    return found - {name.id}


def _moves_names(statement: ast.Assign, names: set[str]) -> bool:
    """Whether a statement moves some of these names, and assigns them: y = y.to(device)."""
    values = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
    inner = [moved(value).id for value in values if is_move(value) and isinstance(moved(value), ast.Name)]  # type: ignore[attr-defined]
    return bool(inner) and len(inner) == len(values) and set(inner) <= names
