"""Weights that were changed between the forward pass and its backward: by the optimizer, or by hand."""

import ast
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import Graph, graph_of
from torchwise.doctor.past.carried import carried_names, held_attributes, outside_names
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.past.training import Deed, loss_node, parameters_of, steps
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.rules.carried import carried_finding
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding
from torchwise.texts import note


def steps_between(case: Case, weight: Tensor) -> Iterator[Finding]:
    """TW504: an optimizer's step in this turn, before the backward that needs the weights as they were."""
    now = [deed for deed in _steps_of(case, weight) if deed.ran.is_now]
    if now:
        yield _scored_before(case, now[-1], weight) or _moved(case, now[-1], weight)


def _scored_before(case: Case, deed: Deed, weight: Tensor) -> Finding | None:
    """What a network gave before its step, used behind it to train another one, as the old scores of a GAN."""
    stepped = {id(parameter) for parameter in parameters_of(deed.value)} if deed.value is not None else set()
    values = sizes_of(case)
    for ran in ran_before(case)[deed.index + 1 :]:
        node = ran.spot.node
        if not isinstance(node, ast.Call) or not ran.is_now:
            continue
        for argument in node.args:
            made = case.flow.before(ran.spot.at(argument, ())) if isinstance(argument, ast.Name) else None
            if made is None or made.path or not isinstance(made.node, ast.Call):
                continue
            network, value = values.value(made.at(made.node.func, ())), values.value(ran.spot.at(argument, ()))
            if not isinstance(network, nn.Module) or not isinstance(value, Tensor):
                continue
            leaves = {id(leaf) for leaf in graph_of([value], unpack=False).leaves()}
            if id(weight) not in leaves or leaves <= stepped or not any(p is weight for p in network.parameters()):
                continue
            return _scored_anew(case, deed, ran.spot, argument, made)
    return None


def _scored_anew(case: Case, deed: Deed, use: Spot, argument: ast.expr, made: Spot) -> Finding:
    what = note(
        "{name} was computed in line {line}, before {step} changed the weights that this backward needs",
        name=ast.unparse(argument), line=made.line, step=deed.spot.text,
    )  # fmt: skip
    why = note("the forward pass ran before the step, so its backward needs the weights as they were then")
    change = replaced(use, argument, made.text)
    statement = " ".join(use.source.text(use.source.statement_of(use.node)).split())
    old = use.text
    new = old.replace(use.source.text(argument), made.text, 1) if "\n" not in old else ""
    fix = statement.replace(old, new, 1) if new and old in statement else change.text
    return case.finding("TW504", what, why=why, fix=fix, mend=change.mend)


def _steps_of(case: Case, weight: Tensor) -> list[Deed]:
    """The steps of the optimizers that change a weight."""
    return [d for d in steps(case) if d.value is None or any(p is weight for p in parameters_of(d.value))]


def from_earlier_turns(case: Case, graph: Graph, weight: Tensor) -> Iterator[Finding]:
    """TW502, TW504: the step of the turn before, seen through a carried state or what was computed before the loop."""
    for held in [*carried_names(case), *(h for h in held_attributes(case) if h.is_read_first)]:
        if graph_of(held.tensors[:8], unpack=False).shares(graph):
            yield from carried_finding(case, held)
            return
    for held in () if _is_of_a_list(case) else outside_names(case):
        if held.spots and isinstance(held.value, Tensor) and held.value in graph:
            what = note(
                "{name} was computed before the loop, with weights that the optimizer has changed since", name=held.text
            )
            why = note("backward needs the weights as they were in the forward pass")
            fix = note("{code}  inside of the loop", code=" ".join(held.spots[-1].text.split()))
            yield case.finding("TW504", what, why=why, fix=fix, mend=held.spots[-1])
            return
    if made := _steps_of(case, weight):
        yield _moved(case, made[-1], weight)


def _is_of_a_list(case: Case) -> bool:
    """Whether the losses were all computed before the loop that goes backward from one after the other."""
    frame = case.frame
    node = loss_node(frame.node) if frame is not None else None
    if frame is None or frame.source is None or not isinstance(node, ast.Name):
        return False
    found = binding_of(frame.source, node.id, node)
    return found is not None and found[0].kind == "element"


def _moved(case: Case, deed: Deed, weight: Tensor) -> Finding:
    """The step, to be made after all calls of backward."""
    assert case.frame is not None, "asked before"
    optimizer = ast.unparse(deed.subject) if deed.subject is not None else "optimizer"
    what = note(
        "{optimizer}.step() in line {line} has changed a weight of shape {shape} that this backward needs",
        optimizer=optimizer, line=deed.spot.line, shape=shape_text(weight.shape),
    )  # fmt: skip
    why = note("the forward pass ran before the step, so its backward needs the weights as they were then")
    fix = note("{code}  behind line {line}, after the last backward", code=deed.spot.text, line=case.frame.line)
    if deed.spot.source.scope_of(deed.spot.node) is case.frame.scope and deed.spot.line >= case.frame.line:
        fix = note(
            "call {code} once, after the last backward; or run the forward pass anew for each loss", code=deed.spot.text
        )
    return case.finding("TW504", what, why=why, fix=fix, mend=deed.spot)
