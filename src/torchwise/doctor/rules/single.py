"""One sample given to a model that takes batches: found where the model was called."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.expressions import first_argument, with_suffix
from torchwise.doctor.shapes import Way, root_frame, shape_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def outer_call(case: Case) -> Spot | None:
    """The user's expression that called the outermost module."""
    frame = root_frame(case)
    return case.flow.spot(frame, frame.node) if frame is not None and frame.node is not None else None


def batch_added(case: Case) -> Change | None:
    """The outermost call with a batch dimension put in front of its input; of a helper for batches, its call."""
    argument = first_argument(outer_call(case))
    while argument is not None and (given := _handed_to_helper(case, argument)) is not None:
        argument = given
    return with_suffix(argument, argument.node, ".unsqueeze(0)") if argument is not None else None


def _handed_to_helper(case: Case, argument: Spot) -> Spot | None:
    """What a helper that works on batches was given for the input of the model."""
    before = case.flow.before(argument)
    call, scope = argument.caller, argument.source.scope_of(argument.node)
    if before is None or call is None or before.frame is not call.frame or not isinstance(argument.node, ast.Name):
        return None
    if before.path or isinstance(scope, ast.Module | ast.Lambda) or _takes_first(argument, argument.node):
        return None
    calls = [node for source in case.flow.sites.sources for node in ast.walk(source.tree)
             if isinstance(node, ast.Call) and call_name(node) == scope.name]  # fmt: skip
    works_on_batches = _names_batch(argument.node.id) or any(_is_axis(node) for node in ast.walk(scope))
    return before if len(calls) > 1 or works_on_batches or _takes_first(call, call.node) else None


def _takes_first(spot: Spot, node: ast.AST) -> bool:
    """Whether the first sample of what is made from an expression is taken: model(x)[0], model(x).squeeze(0)."""
    here = spot.source.parents.get(node)
    while isinstance(here, ast.expr):
        if isinstance(here, ast.Subscript) and ast.unparse(here.slice) == "0":
            return True
        if call_name(here) == "squeeze" and isinstance(here, ast.Call) and [ast.unparse(a) for a in here.args] == ["0"]:
            return True
        here = spot.source.parents.get(here)
    return False


def _names_batch(name: str) -> bool:
    return "batch" in name or (name.endswith("s") and not name.endswith("ss"))


def _is_axis(node: ast.AST) -> bool:
    """dim=1: along the classes of a batch."""
    is_named = isinstance(node, ast.keyword) and node.arg in ("dim", "axis")
    return is_named and ast.unparse(node.value) == "1"  # type: ignore[attr-defined]


def single_sample(case: Case, way: Way, maps: tuple[int, ...], built: int) -> Iterator[Finding]:
    """TW204: the model got one sample, so that flatten took its channels for the batch."""
    source = shape_of(way.source(way.given))
    what = note("the model gets one sample, {shape}, without a batch dimension", shape=shape_text(source or maps))
    why: Words = note(
        "flatten takes the {channels} channels of {maps} for samples: the layer gets {given} features, not {built}",
        channels=maps[0], maps=shape_text(maps), given=shape_of(way.given)[-1], built=built,
    )  # fmt: skip
    change = batch_added(case)
    fix: Words = change.text if change is not None else "x.unsqueeze(0)"
    yield case.finding("TW204", what, why=why, fix=fix, mend=change.mend if change is not None else outer_call(case))
