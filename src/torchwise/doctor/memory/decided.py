"""Where a giant number was decided: raw ids that are taken for positions, a stride of 1 that leaves the maps large."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import expressions_behind, put_in, walked
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.texts import note

SHRINKING = re.compile(r"stride|pool|down|reduc|patch|subsampl|decimat", re.I)
NUMBERING = {"enumerate", "unique", "factorize", "fit_transform", "searchsorted", "setdefault"}
PLAIN = {"int", "item", "values", "keys", "tolist", "list", "sorted", "set", "unique", "numpy"}


def decided(case: Case, given: Spot) -> Change | None:
    """The line on the way back of a giant number that made it giant; None if none is known to."""
    for spot in expressions_behind(case.flow, given):
        for node in walked(spot.node):
            if (ids := _ids_in(node)) is not None:
                return _numbered(case, spot.at(ids, ()))
        if (name := _shrinking(spot)) is not None:
            text = note("{name} = 1 leaves the maps as large as they came: 2 or more here", name=name)
            return at_line(spot, text)
    return None


def _ids_in(node: ast.AST) -> ast.expr | None:
    """The ids in max(ids) + 1, int(ids.max()) + 1, max(index.values()) + 1."""
    is_sum = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
    if not is_sum or not isinstance(node.right, ast.Constant):  # type: ignore[attr-defined]
        return None
    here: ast.expr = node.left  # type: ignore[attr-defined]
    while isinstance(here, ast.Call) and call_name(here) in PLAIN | {"max", "amax"}:
        is_last = call_name(here) in ("max", "amax")
        is_method = isinstance(here.func, ast.Attribute) and ast.unparse(here.func.value) not in ("np", "torch")
        inner = here.func.value if is_method else next(iter(here.args), None)  # type: ignore[attr-defined]
        if is_last or inner is None:
            return _bare(inner) if inner is not None else None
        here = inner
    return None


def _bare(node: ast.expr) -> ast.expr:
    """What values are taken of: index for index.values()."""
    while isinstance(node, ast.Call) and call_name(node) in PLAIN:
        inner = node.func.value if isinstance(node.func, ast.Attribute) else next(iter(node.args), None)
        if inner is None:
            break
        node = inner
    return node


def _numbered(case: Case, ids: Spot) -> Change | None:
    """The ids numbered from 0 where they are taken for positions."""
    made = _stored(case.flow.born(ids))
    if any(call_name(node) in NUMBERING for node in ast.walk(made.node)):
        return None
    if isinstance(made.node, ast.DictComp) and len(made.node.generators) == 1:
        loop, key = made.node.generators[0], ast.unparse(made.node.key)
        if ast.unparse(loop.target) == key and not loop.ifs:
            return replaced(made, made.node, f"{{{key}: i for i, {key} in enumerate({ast.unparse(loop.iter)})}}")
    return at_line(made, note("numbers from 0 on in place of the ids: {{id: i for i, id in enumerate(sorted(ids))}}"))


def _stored(made: Spot) -> Spot:
    """What is put into a dictionary or list that begins empty."""
    target = getattr(made.source.statement_of(made.node), "targets", [None])[0]
    is_empty = isinstance(made.node, ast.Dict | ast.List) and not list(ast.iter_child_nodes(made.node))[1:]
    if not is_empty or not isinstance(target, ast.Name):
        return made
    return next(iter(put_in(made, target.id)), made)


def _shrinking(spot: Spot) -> str | None:
    """The name of a setting that was to make maps smaller, and is 1."""
    if not isinstance(spot.node, ast.Constant) or spot.node.value != 1 or isinstance(spot.node.value, bool):
        return None
    return next((name for name in _names(spot) if SHRINKING.search(name)), None)


def _names(spot: Spot) -> Iterator[str]:
    """What a constant is called where it is written: the key of an item, a variable, a field, a parameter."""
    around = spot.source.parents.get(spot.node)
    if isinstance(around, ast.Dict):
        yield from (ast.literal_eval(key) for key, value in zip(around.keys, around.values, strict=True)
                    if value is spot.node and isinstance(key, ast.Constant) and isinstance(key.value, str))  # fmt: skip
    elif isinstance(around, ast.Assign):
        yield from (ast.unparse(target) for target in around.targets)
    elif isinstance(around, ast.AnnAssign):
        yield ast.unparse(around.target)
    elif isinstance(around, ast.keyword) and around.arg not in (None, "default"):
        yield around.arg or ""
    elif isinstance(around, ast.keyword):
        call = spot.source.parents.get(around)
        first = call.args[:1] if isinstance(call, ast.Call) else []
        yield from (ast.unparse(item).strip("'-") for item in first)
    elif isinstance(around, ast.arguments):
        positional = [*around.posonlyargs, *around.args]
        pairs = [*zip(reversed(positional), reversed(around.defaults), strict=False),
                 *zip(around.kwonlyargs, around.kw_defaults, strict=True)]  # fmt: skip
        yield from (name.arg for name, default in pairs if default is spot.node)
