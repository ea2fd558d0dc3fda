"""Output and target of other batch sizes: labels for a full batch, or a view that cuts across the samples."""

import ast
from collections.abc import Iterator
from math import prod

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.compared import Compared
from torchwise.doctor.layerwise.dimensions import RESHAPES
from torchwise.doctor.layerwise.products import product_in_place
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.rules.flattening import flatten_change
from torchwise.doctor.shapes import Way, shape_of, way_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import product_text, shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

LIKE = {"ones": "ones_like", "zeros": "zeros_like", "full": "full_like", "rand": "rand_like", "empty": "empty_like"}
MADE = {*LIKE, "randn", "randint", "tensor", "new_ones", "new_zeros", "new_full"}


def other_batch(case: Case, pair: Compared, what: Words) -> Iterator[Finding]:
    """TW207, TW202: the first dimension of the output is not that of the target."""
    one, other = pair.one, pair.other
    if not one or not other or one[0] == other[0] or pair.output.numel() == pair.target.numel():
        return
    cut = cut_by(pair.way, pair.traced_output, other[0])
    if cut is not None:
        yield _of_cut(case, pair.way, cut, what, other[0])
        return
    for spot, tensor, rival in (
        (pair.target_spot, pair.traced_target, pair.output_spot),
        (pair.output_spot, pair.traced_output, pair.target_spot),
    ):  # fmt: skip
        made = _made(case, pair.way, tensor, spot)
        if made is not None:
            yield _of_factory(case, pair, made, rival, what)
            return


def cut_by(way: Way, output: Tensor | None, batch: int) -> Step | None:
    """The view that changed how many samples there are, from as many as the target has."""
    for step in way.back(output):
        if step.name in RESHAPES and step.given and step.shape and step.given[0] == batch != step.shape[0]:
            return step
    return None


def _of_cut(case: Case, way: Way, step: Step, what: Words, batch: int) -> Finding:
    """A view that cuts the values of a sample into several rows."""
    given, made = step.given or (), step.shape or ()
    size = prod(given[1:])
    why = note(
        "{code} makes {made} of {given}: {product} = {size} values a sample, not {width}; {batch} samples give {rows}",
        code=way.name(step), made=shape_text(made), given=shape_text(given), product=product_text(given[1:]), size=size,
        width=made[-1], batch=batch, rows=made[0],
    )  # fmt: skip
    follower = next((s for s in way.steps if s.module is not None and s.inputs and s.inputs[0] is step.result), None)
    shared = _shared_width(case, step, follower) if follower is not None else None
    change = shared or flatten_change(case, way, step)
    fix: Words = change.text if change is not None else "x.flatten(1)"
    if shared is None and follower is not None and getattr(follower.module, "in_features", size) != size:
        fix = note("{code}, and in_features={size} in {name}", code=fix, size=size, name=way.name(follower))
    return case.finding(
        "TW207", what, why=why, fix=fix, mend=change.mend if change is not None else way.users_spot(step)
    )


def _shared_width(case: Case, step: Step, follower: Step) -> Change | None:
    """The number that both the view and the linear layer behind it read, with all values of a sample."""
    node = step.spot.node
    site = case.site_of(follower.module) if isinstance(follower.module, nn.Linear) else None
    width = case.layers.argument(site, follower.module, "in_features") if site is not None and follower.module else None
    if width is None or not isinstance(node, ast.Call) or not node.args or step.given is None:
        return None
    last = node.args[-1].elts[-1] if isinstance(node.args[-1], ast.Tuple | ast.List) else node.args[-1]
    born = case.flow.born(width)
    if born.node is not case.flow.born(step.spot.at(last, ())).node or born.path:
        return None
    return rewritten(born, born.node, product_in_place(case, born, step.given[1:]) or str(prod(step.given[1:])))


def _made(case: Case, way: Way, tensor: Tensor | None, spot: Spot | None) -> Spot | None:
    """The factory call with a fixed batch size that a tensor began with."""
    steps = list(way.back(tensor))
    if steps and not steps[-1].inputs and steps[-1].name in MADE:
        return way.users_spot(steps[-1])
    origin = way.origin(way.source(tensor)) or spot
    born = case.flow.born(origin) if origin is not None else None
    return born if born is not None and call_name(born.node) in MADE else None


def _of_factory(case: Case, pair: Compared, made: Spot, rival: Spot | None, what: Words) -> Finding:
    """Labels (or noise) made for a full batch meet a smaller one."""
    why = note(
        "{code} has a fixed number of rows; this batch has {one} in the output and {other} in the target",
        code=made.text,
        one=pair.one[0], other=pair.other[0],
    )  # fmt: skip
    change = _for_this_batch(case, made, rival)
    fix: Words = change.text if change is not None else note("as many rows as the batch has")
    return case.finding("TW202", what, why=why, fix=fix, mend=change.mend if change is not None else made)


def _for_this_batch(case: Case, made: Spot, rival: Spot | None) -> Change | None:
    """As many rows as what the tensor is compared with: where their number is chosen, else in the call."""
    if rival is None or not isinstance(made.node, ast.Call) or not made.node.args:
        return None
    first = made.node.args[0]
    rows = first.elts[0] if isinstance(first, ast.Tuple | ast.List) and first.elts else first
    text = f"len({_batch_name(case, made, rival)})"
    if isinstance(rows, ast.Name):
        found = binding_of(made.source, rows.id, rows)
        scope = made.source.scope_of(made.node)
        if found is not None and found[0].kind == "value" and found[1] is scope and not found[0].path:
            is_constant = isinstance(scope, ast.Module) and isinstance(found[0].node, ast.Constant)
            if not is_constant:
                return rewritten(made, found[0].node, text)
    return rewritten(made, rows, text)


def _batch_name(case: Case, made: Spot, rival: Spot) -> str:
    """The variable that holds the batch where the factory is called: the argument of the model in model(x)."""
    node = rival.node
    while isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    scope = made.source.scope_of(made.node)
    for spot in case.flow.trail(rival.at(node, ())):
        if isinstance(spot.node, ast.Name) and spot.source.scope_of(spot.node) is scope:
            return spot.text
    return rival.source.text(node)


def cut_before_cross_entropy(case: Case) -> Iterator[Finding]:
    """TW207: cross entropy gets another number of rows than labels, for a view cut across the samples."""
    frame = case.passed("cross_entropy", "nll_loss")
    if frame is None:
        return
    output, target = frame.locals.get("input"), frame.locals.get("target")
    if not isinstance(output, Tensor) or not isinstance(target, Tensor) or output.dim() < 2 or target.dim() < 1:
        return
    if output.shape[0] == target.shape[0]:
        return
    way = way_of(case)
    inputs = way.failed.inputs if way.failed is not None else []
    traced = next((t for t in inputs if shape_of(t) == shape_of(output)), None)
    cut = cut_by(way, traced, target.shape[0])
    if cut is None:
        return
    what = note(
        "the loss gets {rows} rows of outputs for {labels} labels", rows=output.shape[0], labels=target.shape[0]
    )
    yield _of_cut(case, way, cut, what, target.shape[0])
