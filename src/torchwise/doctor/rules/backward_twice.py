"""Backward that runs into a graph which an earlier backward has used up."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import Graph, failed_graph, graph_of
from torchwise.doctor.past.carried import Held, captured_names, carried_names, held_attributes, outside_names
from torchwise.doctor.past.events import loops_around, ran_before
from torchwise.doctor.past.training import Deed, assigned_at, backwards, loss_node, parameters_of, steps
from torchwise.doctor.past.writing import code_of, replaced, with_keyword
from torchwise.doctor.rules.carried import carried_finding, kept_in_containers
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding
from torchwise.texts import note

SAYS = re.compile(
    r"backward through the graph a second time|(buffers|tensors|values|results).{0,40}already been freed", re.S
)


def backward_runs_twice(case: Case) -> Iterator[Finding]:
    """TW501, TW502: backward comes to a part of the graph that an earlier backward has freed."""
    if not isinstance(case.error, RuntimeError) or not SAYS.search(case.text) or case.frame is None:
        return
    graph = failed_graph(case)
    found = [
        *_shared(case, graph), *_carried(case, graph), *kept_in_containers(case, graph), *_outside(case, graph),
        *_same_turn(case),
    ]  # fmt: skip
    if not found:
        what = note("backward comes to a part of the graph that an earlier backward has used up")
        fix = note("run the forward pass anew for each backward, or give the first one retain_graph=True")
        found = [case.finding("TW501", what, why=WHY, fix=fix, sure=False)]
    yield found[0]
    yield from (finding.guessed() for finding in found[1:2])


WHY = note("backward frees what the forward pass kept for it; each backward needs a forward pass of its own")


def _earlier(case: Case) -> list[Deed]:
    """The calls of backward that this turn made before the failing one and that freed their graph."""
    return [
        deed for deed in backwards(case)
        if deed.ran.is_now and not deed.has("retain_graph", "create_graph")
    ]  # fmt: skip


def _shared(case: Case, graph: Graph) -> Iterator[Finding]:
    """A tensor that both this backward and an earlier one of the same turn go through."""
    earlier = _earlier(case)
    if not earlier:
        return
    if (twice := next((deed for deed in reversed(earlier) if _is_same_loss(case, deed)), None)) is not None:
        yield _called_twice(case, twice, _roots_text(case))
        return
    for name, value, spot in _locals_in(case, graph):
        at = assigned_at(case, spot.node)
        first = next((deed for deed in reversed(earlier) if at is not None and deed.index > at), None)
        if first is None or at is None:
            continue
        use = _use_between(case, spot, at, first.index)
        if use is not None and _is_others(case, value, first):
            yield _detached(case, name, use, first)
        else:
            yield _both_losses(case, name, first)
        return


def _is_same_loss(case: Case, deed: Deed) -> bool:
    """Whether an earlier backward began at the very expression that this one begins at."""
    assert case.frame is not None, "asked before"
    node = loss_node(case.frame.node)
    if node is None or deed.subject is None or call_name(deed.call) == "grad":
        return False
    ours = {_key(spot) for spot in case.flow.trail(case.spot(node))}
    return any(_key(spot) in ours for spot in case.flow.trail(deed.spot.at(deed.subject, ())))


def _key(spot: Spot) -> tuple[ast.AST, ...]:
    """Tells expressions of different calls apart; a name is known by the statement that it is read in."""
    found = [spot.node]
    while (caller := spot.caller) is not None:
        found.append(caller.node)
        spot = caller
    return tuple(found)


def _locals_in(case: Case, graph: Graph) -> Iterator[tuple[str, Tensor, Spot]]:
    """The live variables that hold a tensor of the graph, and the statements that set them; the last made first."""
    found = []
    for frame in case.user:
        for name, value in list(frame.locals.items()):
            if not isinstance(value, Tensor) or value not in graph or frame.source is None or frame.node is None:
                continue
            seen = binding_of(frame.source, name, frame.node)
            if seen is not None and seen[0].kind == "value" and seen[1] is frame.scope:
                number = graph.operations[value.grad_fn].number
                found.append((number, name, value, case.flow.spot(frame, seen[0].statement)))
    for _, name, value, spot in sorted(found, key=lambda item: -item[0]):
        yield name, value, spot


def _called_twice(case: Case, first: Deed, name: str) -> Finding:
    """The same loss goes backward twice."""
    assert case.frame is not None, "asked before"
    what = note("{loss} goes backward twice in one step", loss=name)
    in_helper = first.spot.source.scope_of(first.spot.node) is not case.frame.scope
    is_known = in_helper and any(word in _function(first.spot) for word in ("backward", "step", "update", "optim"))
    is_second = is_known or not in_helper
    line = case.frame.line if is_second else first.spot.line
    why = note("line {line} has called backward for it already; that frees the graph", line=first.spot.line)
    spot = case.spot(case.frame.node) if is_second and case.frame.node is not None else first.spot
    fix = note("leave out {code} in line {line}", code=spot.text, line=line)
    return case.finding("TW501", what, why=why, fix=fix, mend=spot)


def _function(spot: Spot) -> str:
    return getattr(spot.source.scope_of(spot.node), "name", "").lower()


def _use_between(case: Case, made: Spot, begin: int, end: int) -> tuple[Spot, ast.AST] | None:
    """The first call between two places that takes a value by name: the call and the argument."""
    for ran in ran_before(case)[begin + 1 : end]:
        node = ran.spot.node
        if not isinstance(node, ast.Call) or ran.turn != "this":
            continue
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            inner = [argument] if isinstance(argument, ast.Name | ast.Attribute) else [
                item for part in ([argument] if isinstance(argument, ast.List | ast.Tuple) else [])
                for item in part.elts if isinstance(item, ast.Name | ast.Attribute)
            ]  # fmt: skip
            for item in inner:
                trail = case.flow.trail(ran.spot.at(item, ()))
                if any(step.source.statement_of(step.node) is made.node for step in trail):
                    return _outside_of_shared(case, trail) or (ran.spot, item)
    return None


def _outside_of_shared(case: Case, trail: list[Spot]) -> tuple[Spot, ast.AST] | None:
    """The innermost call on the way of a value that stands in no function with other users: not in D's forward."""
    for step in trail:
        call = step.source.parents.get(step.node)
        scope = step.source.scope_of(step.node)
        if not isinstance(call, ast.Call) or step.node not in call.args:
            continue
        if isinstance(scope, ast.Module) or not _is_shared(case, getattr(scope, "name", "")):
            return step.at(call, ()), step.node
    return None


def _is_shared(case: Case, name: str) -> bool:
    """Whether a function is called in more than one place, or by another name."""
    if name.startswith("__") or name == "forward":
        return True
    nodes = (node for source in case.flow.sites.sources for node in source.parents)
    return sum(isinstance(node, ast.Call) and call_name(node) == name for node in nodes) > 1


def _is_others(case: Case, value: Tensor, first: Deed) -> bool:
    """Whether the step after the first backward changes none of the weights that made the tensor, as in a GAN."""
    weights = {id(leaf) for leaf in graph_of([value], unpack=False).leaves()}
    after = [deed for deed in steps(case) if deed.ran.is_now and deed.index > first.index]
    stepped = {id(parameter) for deed in after for parameter in parameters_of(deed.value)}
    return bool(weights) and bool(stepped) and not weights & stepped


def _detached(case: Case, name: str, use: tuple[Spot, ast.AST], first: Deed) -> Finding:
    call, node = use
    change = replaced(call, node, f"{code_of(call, node)}.detach()")
    what = note("{tensor} is used by two losses, and the backward of the first has used up its graph", tensor=name)
    why = note(
        "the backward in line {line} goes through {tensor} too, though its optimizer changes other weights; "
        "detached, it stops there", line=first.spot.line, tensor=name,
    )  # fmt: skip
    text = call.source.text(call.node)
    fix = text.replace(call.source.text(node), str(change.text), 1) if "\n" not in text else change.text
    return case.finding("TW501", what, why=why, fix=fix, mend=change.mend)


def _both_losses(case: Case, name: str, first: Deed) -> Finding:
    """Two losses of one forward pass, each with its backward."""
    assert case.frame is not None, "asked before"
    second = loss_node(case.frame.node)
    what = note("two losses share {tensor}, and the backward of the first has used up its graph", tensor=name)
    is_grad = isinstance(first.call.func, ast.Attribute) and first.call.func.attr == "grad"
    one = ast.unparse(first.subject) if first.subject is not None else ""
    stepped = [deed for deed in steps(case) if deed.ran.is_now and deed.index > first.index]
    change = with_keyword(first.spot, "retain_graph", "True")
    same_place = first.spot.source.scope_of(first.spot.node) is case.frame.scope
    if is_grad or not stepped or not same_place or second is None:
        return case.finding("TW501", what, why=WHY, fix=change.text, mend=change.mend)
    fix = f"({one} + {ast.unparse(second)}).backward()"
    why = note("add the losses for one backward; kept for a second one, the graph would meet weights that have changed")
    return case.finding("TW501", what, why=why, fix=fix, mend=first.spot)


def _carried(case: Case, graph: Graph) -> Iterator[Finding]:
    """What the last turn of the loop left behind with its graph."""
    for held in [*carried_names(case), *(h for h in held_attributes(case) if h.is_read_first)]:
        if _meets(held, graph) and not _is_set_up_only(held):
            yield from carried_finding(case, held)


def _meets(held: Held, graph: Graph) -> bool:
    """Whether a variable's tensors are in the graph, or have a part of it in theirs."""
    tensors = held.tensors[:8]
    return any(t in graph for t in tensors) or graph_of(tensors, unpack=False).shares(graph)


def _is_set_up_only(held: Held) -> bool:
    """Whether an attribute is assigned in `__init__` alone."""
    return held.owner is not None and all(_function(spot) == "__init__" for spot in held.spots)


def _outside(case: Case, graph: Graph) -> Iterator[Finding]:
    """A part of the graph that was computed once, before the loop whose every turn goes back through it."""
    names = [*outside_names(case), *captured_names(case)]
    held = [h for h in names if any(t in graph for t in h.tensors)]
    held += [h for h in held_attributes(case) if any(t in graph for t in h.tensors) and _is_set_up_only(h)]
    single = [h for h in held if isinstance(h.value, Tensor | tuple)]
    for item in sorted(single, key=lambda item: _first_number(item, graph)):
        spot = item.spots[-1] if item.spots else None
        if spot is None:
            continue
        if item.owner is None and _is_stepped_later(case):
            yield _several_losses(case, item)
            return
        what = note("{name} was computed once, and every step goes back through its graph", name=item.text)
        why = note("the first backward has freed it; what the weights give must be computed anew in each step")
        if item.text in _roots_text(case):
            why = note("the loss is computed before the loop, so each turn goes back through the same graph")
        code = " ".join(spot.text.split())
        fix = note("{code}  inside of the loop", code=code)
        if item.owner is not None:
            fix = note("compute it in forward, from the parameters: {code}", code=code)
        elif item.frame is not None and item.text in item.frame.code.co_freevars:
            fix = note("{code}  inside of {function}()", code=code, function=item.frame.function)
        yield case.finding("TW501", what, why=why, fix=fix, mend=spot)


def _is_stepped_later(case: Case) -> bool:
    """Whether the loop only collects gradients: the optimizer steps in the same function, behind it."""
    frame = case.frame
    loops = loops_around(frame) if frame is not None else []
    if frame is None or frame.scope is None or not loops:
        return False
    inside = any(isinstance(node, ast.Call) and call_name(node) == "step" for node in ast.walk(loops[0]))
    behind = [
        node for node in ast.walk(frame.scope)
        if isinstance(node, ast.Call) and call_name(node) == "step" and node.lineno > (loops[0].end_lineno or 0)  # type: ignore[attr-defined]
    ]  # fmt: skip
    return not inside and bool(behind)


def _several_losses(case: Case, item: Held) -> Finding:
    """Several losses of one forward pass, each with its backward in a loop."""
    assert case.frame is not None and case.frame.node is not None, "asked before"
    what = note("each turn goes back through the graph of {name}, and the first has used it up", name=item.text)
    why = note("the losses share one forward pass: sum them for one backward behind the loop, or keep its graph")
    change = with_keyword(case.spot(case.frame.node), "retain_graph", "True")
    return case.finding("TW501", what, why=why, fix=change.text, mend=change.mend)


def _first_number(held: Held, graph: Graph) -> int:
    """When the first of a variable's tensors was made."""
    return min(graph.operations[tensor.grad_fn].number for tensor in held.tensors if tensor in graph)


def _roots_text(case: Case) -> str:
    assert case.frame is not None, "asked before"
    node = loss_node(case.frame.node)
    return ast.unparse(node) if node is not None else ""


def _same_turn(case: Case) -> Iterator[Finding]:
    """Two calls of backward in one turn, where no variable that both go through is at hand."""
    earlier = _earlier(case)
    if not earlier or (not (case.frame and loops_around(case.frame)) and len(earlier) == 0):
        return
    change = with_keyword(earlier[-1].spot, "retain_graph", "True")
    what = note("two losses share a part of the graph, and the backward of the first has used it up")
    yield case.finding("TW501", what, why=WHY, fix=change.text, mend=change.mend)


RULES = (backward_runs_twice,)
