"""The wrong variable went into a layer: the one that would fit stands beside it, or was thrown away."""

import ast
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.evaluate import is_plain_tensor
from torchwise.doctor.layers import rewritten
from torchwise.doctor.layerwise.expressions import first_argument
from torchwise.doctor.layerwise.rivals import taken
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way, shape_of
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Words
from torchwise.texts import note


def other_operand(case: Case, way: Way, built: int) -> Iterator[Finding]:
    """TW201: another variable fits and is used nowhere; a result was not assigned; a layer was left out."""
    failed, given = way.failed, way.given
    if failed is None or given is None or failed.spot.frame is None:
        return
    argument = first_argument(failed.spot)
    if argument is None or not isinstance(argument.node, ast.Name):
        return
    yield from _unused(case, way, failed, argument, given, built)
    yield from _dropped(case, way, failed, argument, built)
    yield from _left_out(case, way, failed, argument, given, built)


def _unused(case: Case, way: Way, failed: Step, argument: Spot, given: Tensor, built: int) -> Iterator[Finding]:
    """A variable of the same function that fits, was made before, and is read nowhere."""
    frame, scope = failed.spot.frame, failed.spot.source.scope_of(failed.spot.node)
    assert frame is not None and isinstance(argument.node, ast.Name), "asked before"
    for name, value in frame.locals.items():
        if not is_plain_tensor(value) or name == argument.node.id or value.dim() != given.dim():
            continue
        if shape_of(value) != (*shape_of(given)[:-1], built):
            continue
        bound = [binding for binding in bindings_in(scope, name) if binding.kind == "value"]
        lines = [getattr(binding.statement, "lineno", 0) for binding in bound]
        reads = [
            node for node in ast.walk(scope)
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        ]  # fmt: skip
        if not lines or min(lines) > argument.line or any(read.lineno > min(lines) for read in reads):
            continue
        change = rewritten(argument, argument.node, name)
        why: Words = note("{other}, made on line {line}, has {built} features and is used nowhere",
                          other=name, line=min(lines), built=built)  # fmt: skip
        yield _finding(case, given, built, why, change.text, change.mend)
        return


def _dropped(case: Case, way: Way, failed: Step, argument: Spot, built: int) -> Iterator[Finding]:
    """A line before that computed what fits and assigned it to nothing."""
    assert isinstance(argument.node, ast.Name), "asked before"
    for step in way.steps:
        statement = step.spot.source.parents.get(step.spot.node)
        if not isinstance(statement, ast.Expr) or step.spot.frame is not failed.spot.frame or step.shape is None:
            continue
        if step.shape[-1] != built or argument.node.id not in [
            n.id for n in ast.walk(statement) if isinstance(n, ast.Name)
        ]:
            continue
        text = step.spot.source.text(statement)
        change = rewritten(step.spot, statement, f"{argument.node.id} = {text}")
        why: Words = note("{code} gives {built} features, but its result is not assigned", code=text, built=built)
        yield _finding(case, way.given, built, why, change.text, change.mend)
        return


def _left_out(case: Case, way: Way, failed: Step, argument: Spot, given: Tensor, built: int) -> Iterator[Finding]:
    """A layer of the same module that leads from what came to what is wanted, and was not called."""
    if not failed.within or failed.module is None:
        return
    parent, ran = failed.within[-1], {step.module for step in way.steps}
    for name, sibling in parent.named_children():
        if not isinstance(sibling, nn.Linear) or sibling in ran or sibling is failed.module:
            continue
        if taken(sibling) == given.shape[-1] and sibling.out_features == built:
            change = rewritten(argument, argument.node, f"self.{name}({argument.text})")
            why: Words = note("{layer}, which leads from {given} to {built} features, is not called before",
                              layer=case.path_of(sibling) or name, given=given.shape[-1], built=built)  # fmt: skip
            yield _finding(case, given, built, why, change.text, change.mend)
            return


def _finding(case: Case, given: Tensor | None, built: int, why: Words, fix: Words, mend) -> Finding:  # type: ignore[no-untyped-def]
    size = shape_of(given)[-1]
    what = note("the linear layer gets {given} features, it was built for {built}", given=size, built=built)
    return case.finding("TW201", what, why=why, fix=fix, mend=mend)
