"""On which step of a way a wrong dtype is best mended: where the tensor is made, its column chosen, or used."""

import ast
from collections.abc import Iterator

from torchwise.doctor.births.casts import is_creator, is_number, is_numpy
from torchwise.doctor.births.dtypes import Dtypes
from torchwise.doctor.births.way import Step, Way
from torchwise.doctor.births.words import FLOATS, INTEGERS, METHODS, TYPES
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, method_of

LAYOUTS = {"permute", "transpose", "contiguous", "movedim", "moveaxis", "unsqueeze"}


def place_to_cast(dtypes: Dtypes, way: Way, wrong: str, to: str) -> Spot:
    """The expression to be cast from `wrong` to `to`, as a good colleague would choose it."""
    place = _best_place(dtypes, way, wrong, to)
    if not place.path:
        return place
    # A part of what is made there can't be cast there: the first use of that part can.
    index = next((i for i, step in enumerate(way.steps) if step.spot is place), 0)
    return next((step.spot for step in reversed(way.steps[:index]) if not step.spot.path), place)


def _best_place(dtypes: Dtypes, way: Way, wrong: str, to: str) -> Spot:
    """The same, where it may be that only a part of the expression is meant."""
    steps = way.steps
    sample = _sample(steps)
    if sample is not None and is_number(dtypes, sample):
        return sample
    creator = _last(index for index, step in enumerate(steps) if is_creator(step.node) and not is_numpy_call(step.node))
    if to in INTEGERS | {"bool"} and wrong in FLOATS:
        before = range(len(steps) if creator is None else creator)
        column = _last(i for i in before if _is_shared_column(steps, i))
        if column is not None:
            return steps[column].spot
    if wrong == "uint8" and to in FLOATS and (loaded := _loaded(steps, creator)) is not None:
        return loaded
    # A table that is made with its dtype in words has that for its other columns too.
    is_shared = creator is not None and any(_is_shared_column(steps, i) for i in range(creator, len(steps)))
    if creator is not None and (wrong == "uint8" or is_shared or not is_explicit(way.birth.node)):
        return (_laid_out(steps, creator) if wrong == "uint8" and to in FLOATS else None) or steps[creator].spot
    if is_explicit(way.birth.node):
        return way.birth
    if is_numpy(dtypes, way.birth) or sample is not None:
        return _kept_in_data_set(steps) or sample or steps[-1].spot
    return way.birth


def _laid_out(steps: list[Step], creator: int) -> Spot | None:
    """A later line of the creator's function that turns an image around, behind which it is cast: t.permute(2, 0, 1)."""
    found, source = None, steps[creator].spot.source
    scope, made = source.scope_of(steps[creator].node), source.statement_of(steps[creator].node)
    for step in reversed(steps[:creator]):
        if step.spot.source is not source or source.scope_of(step.node) is not scope:
            break
        is_whole = isinstance(source.parents.get(step.node), ast.Return | ast.Assign | ast.Tuple)
        if call_name(step.node) in LAYOUTS and is_whole and source.statement_of(step.node) is not made:
            found = step.spot
    return found


def _sample(steps: list[Step]) -> Spot | None:
    """What a data set returns, or a collate function: the part of it that is meant."""
    first = next((index for index, step in enumerate(steps) if step.link == "batch"), None)
    if first is None:
        return None
    for step in steps[first:]:
        if not isinstance(step.node, ast.Tuple | ast.Dict | ast.List):
            return step.spot
    return None


def _last(found: Iterator[int]) -> int | None:
    return max(found, default=None)


def is_explicit(node: ast.AST) -> bool:
    """Whether an expression asks for its dtype in words."""
    if not isinstance(node, ast.Call):
        return False
    name = call_name(node)
    is_cast = name in METHODS and isinstance(node.func, ast.Attribute) and not node.args
    return is_cast or name in TYPES or name in ("astype", "to", "type") or keyword_of(node, "dtype") is not None


def is_numpy_call(node: ast.AST) -> bool:
    """Whether a function of NumPy's is called by its name."""
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("np.", "numpy."))


def _is_shared_column(steps: list[Step], index: int) -> bool:
    """Whether a step takes a part of a tensor whose other parts are used too: columns of a table, items of a row."""
    node = steps[index].node
    if not isinstance(node, ast.Subscript) or steps[index + 1 : index + 2] == [] or steps[index + 1].link != "operand":
        return False
    base, source = ast.dump(node.value), steps[index].spot.source
    scope = source.scope_of(node)
    others = [
        n for n in ast.walk(scope) if isinstance(n, ast.Subscript) and n is not node and ast.dump(n.value) == base
    ]
    return any(ast.dump(other.slice) != ast.dump(node.slice) for other in others)


def is_column(index: ast.AST) -> bool:
    """Whether an index chooses columns: [:, -1], [:, :2], [..., 0], ["label"] of a table."""
    if not isinstance(index, ast.Tuple) or len(index.elts) < 2:
        return False
    first, last = index.elts[0], index.elts[-1]
    is_all = isinstance(first, ast.Slice) and first.lower is None and first.upper is None
    is_all = is_all or (isinstance(first, ast.Constant) and first.value is Ellipsis)
    return is_all and not (isinstance(last, ast.Slice) and last.lower is None and last.upper is None)


def _loaded(steps: list[Step], creator: int | None) -> Spot | None:
    """Where a data set hands out an image that it loads: the return of its innermost method on the way."""
    if creator is not None and call_name(steps[creator].node) in ("from_numpy", "tensor", "as_tensor"):
        return None
    found: Spot | None = None
    scope = None
    for step in steps:
        here = step.spot.source.scope_of(step.node)
        if here is not scope and is_of_data_set(step.spot) and getattr(here, "name", "") != "__init__":
            found = step.spot
        scope = here
    return found


def is_of_data_set(spot: Spot) -> bool:
    """Whether an expression stands in a method of a data set."""
    owner = spot.source.class_of(spot.source.scope_of(spot.node))
    return owner is not None and method_of(owner, "__getitem__") is not None


def _kept_in_data_set(steps: list[Step]) -> Spot | None:
    """What a data set keeps as its attribute, `self.x = ...`, on the way."""
    for step in steps:
        parent = step.spot.source.parents.get(step.node)
        target = parent.targets[0] if isinstance(parent, ast.Assign) else getattr(parent, "target", None)
        if (
            isinstance(target, ast.Attribute)
            and getattr(parent, "value", None) is step.node
            and is_of_data_set(step.spot)
        ):
            return step.spot
    return None
