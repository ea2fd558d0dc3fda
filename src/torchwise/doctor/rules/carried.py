"""What a turn of the loop leaves to the next one with its graph: hidden states, sums of losses, lists that grow."""

import ast
from collections.abc import Iterator

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import Graph, graph_of, roots
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.carried import Held, is_detaching, with_graph
from torchwise.doctor.past.events import LOOPS, ran_before
from torchwise.doctor.past.training import loss_node
from torchwise.doctor.past.writing import detached, replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

GROWING = {"append", "extend", "insert", "appendleft", "add", "push"}
EMPTYING = {"clear", "pop", "popleft", "popitem"}


def carried_finding(case: Case, held: Held) -> Iterator[Finding]:
    """TW502 for a state, TW501 for a sum of losses, that a turn hands on to the next one."""
    spot = _assignment(held)
    if spot is None:
        return
    if _is_sum(spot.node, held.text) and (held.text == _root_text(case) or any(held.value is r for r in roots(case))):
        yield _sum_of_losses(case, held, spot)
        return
    what = note("{name} is carried over from the step before with the graph of that step", name=held.text)
    why = note("backward runs on into that graph, which the backward of that step has freed")
    fix, mend = _detached_where_set(held, spot)
    yield case.finding("TW502", what, why=why, fix=fix, mend=mend or spot)


def _assignment(held: Held) -> Spot | None:
    """The statement of the turn that sets the value that is handed on: the last one that keeps the graph."""
    kept = [
        spot for spot in held.spots
        if _function(spot) != "__init__" and not is_detaching(_value(spot.node)) and not _is_none(_value(spot.node))
    ]  # fmt: skip
    first = [spot for spot in kept if _reads(spot.node, held.text)]
    return next(reversed(first or kept), None)


def _value(statement: ast.AST) -> ast.AST | None:
    return getattr(statement, "value", None)


def _is_none(node: ast.AST | None) -> bool:
    """Whether an assignment empties the variable, which keeps no graph."""
    return isinstance(node, ast.Constant) and node.value is None


def _function(spot: Spot) -> str:
    return getattr(spot.source.scope_of(spot.node), "name", "")


def _places(statement: ast.AST, text: str) -> list[ast.expr]:
    """Where the value of an assignment reads a variable, and takes its graph along."""
    found: list[ast.expr] = []
    for node in ast.walk(_value(statement) or ast.Pass()):
        is_variable = isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load)
        if is_variable and isinstance(node, ast.expr) and ast.unparse(node) == text:
            found.append(node)
    return found


def _reads(statement: ast.AST, text: str) -> bool:
    return isinstance(statement, ast.AugAssign) or bool(_places(statement, text))


def _is_sum(statement: ast.AST, text: str) -> bool:
    """Total += loss, total = total + loss."""
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.op, ast.Add)
    value = _value(statement)
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and text in map(
        ast.unparse, (value.left, value.right)
    )  # fmt: skip


def _detached_where_set(state: Held, spot: Spot) -> tuple[Words, Spot | None]:
    """How the state is cut off from its step, and the line where it is written."""
    places = _places(spot.node, state.text)
    code = detached(state.text, state.value)
    if len(places) == 1 and not _begins_as_none(state):
        change = replaced(spot, places[0], code)
        text = " ".join(spot.text.split())
        return text.replace(state.text, code, 1) if text.count(state.text) == 1 else _line(
            spot, places[0], code
        ), change.spot
    value = _value(spot.node)
    if not places and isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        own = detached(spot.source.text(value), state.value)
        return f"{state.text} = {own}", None
    if "detach" in ast.unparse(value or ast.Pass()):  # but not of all
        return f"{state.text} = {code}", None
    return note("{code}  at the end of each step, behind backward", code=f"{state.text} = {code}"), None


def _line(spot: Spot, node: ast.expr, code: str) -> Words:
    """The statement's first line with one node replaced."""
    text = spot.source.text(spot.node)
    line, begin = text.splitlines()[0], node.col_offset - getattr(spot.node, "col_offset", 0)
    if node.lineno != spot.line or begin < 0:
        return code
    raw = line.encode()
    end = begin + len(spot.source.text(node).encode())
    return (raw[:begin] + code.encode() + raw[end:]).decode()


def _begins_as_none(held: Held) -> bool:
    """Whether the variable is None before the first step, so that it can't be detached there."""
    if held.frame is not None and held.frame.scope is not None:
        values = [b.node for b in bindings_in(held.frame.scope, held.text)]
        values += [b.node for b in bindings_in(held.frame.scope, held.text) if b.kind == "parameter"]
    else:
        values = [value for spot in held.spots if (value := _value(spot.node)) is not None]
    return any(_is_none(value) for value in values)


def _root_text(case: Case) -> str:
    node = loss_node(case.frame.node) if case.frame is not None else None
    return ast.unparse(node) if node is not None else ""


def _sum_of_losses(case: Case, held: Held, spot: Spot) -> Finding:
    """The losses of all steps so far, summed, go backward again and again."""
    assert case.frame is not None and case.frame.node is not None, "backward was called somewhere"
    what = note(
        "{name} sums the losses of all steps so far, with their graphs, and goes backward in every step", name=held.text
    )
    why = note("the graphs of the earlier steps were freed by their own backward")
    added = _added(spot.node, held.text)
    if _is_deeper(case, spot) and held.frame is not None and held.frame.scope is not None:
        bindings = [b for b in bindings_in(held.frame.scope, held.text) if not isinstance(b.statement, ast.AugAssign)]
        if bindings:
            start = case.flow.spot(held.frame, bindings[0].statement)
            fix: Words = note("{code}  inside of the loop, before each step", code=" ".join(start.text.split()))
            return case.finding("TW501", what, why=why, fix=fix, mend=start)
    if isinstance(added, ast.Name) and held.text == _root_text(case):
        node = loss_node(case.frame.node)
        assert node is not None, "its text was just compared"
        change = replaced(case.spot(node), node, added.id)
        fix = " ".join(case.frame.text.split()).replace(held.text, added.id, 1)
        return case.finding("TW501", what, why=why, fix=fix, mend=change.mend)
    fix = f"{held.text} = {spot.source.text(added)}" if added is not None else ""
    return case.finding("TW501", what, why=why, fix=fix, mend=spot)


def _added(statement: ast.AST, text: str) -> ast.AST | None:
    """What is added to the sum."""
    value = _value(statement)
    if isinstance(statement, ast.AugAssign) or not isinstance(value, ast.BinOp):
        return value
    return value.right if ast.unparse(value.left) == text else value.left


def _is_deeper(case: Case, spot: Spot) -> bool:
    """Whether the sum is taken in a loop of its own within a step, so that it begins too early, not ends too late."""
    assert case.frame is not None and case.frame.node is not None, "backward was called somewhere"
    loops = set(_loops(spot, spot.node))
    return bool(loops - set(_loops(spot, case.frame.node))) or _sums(case, spot) > 1


def _sums(case: Case, spot: Spot) -> int:
    """How often one turn adds to the sum."""
    target = getattr(spot.node, "target", None)
    if target is None:
        return 1
    adds = [ran.spot.node for ran in ran_before(case) if ran.is_now and isinstance(ran.spot.node, ast.AugAssign)]
    return sum(ast.dump(node.target) == ast.dump(target) for node in adds)


def _loops(spot: Spot, node: ast.AST) -> Iterator[ast.AST]:
    here = spot.source.parents.get(node)
    while here is not None:
        if isinstance(here, LOOPS):
            yield here
        here = spot.source.parents.get(here)


def kept_in_containers(case: Case, graph: Graph) -> Iterator[Finding]:
    """TW501, TW502: lists and dicts that keep the tensors of earlier steps."""
    yield from _growing_lists(case, graph)
    for ran in reversed(ran_before(case)):
        node = ran.spot.node
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(node, ast.Assign) or not isinstance(target, ast.Subscript):
            continue
        value = held(case.flow, ran.spot.at(target.value, ()))
        tensors = with_graph(value) if isinstance(value, list | dict) else []
        places = _places(node, ast.unparse(target))
        if tensors and places and graph_of(tensors, unpack=False).shares(graph):
            yield _item_carried(case, ran.spot, places[0], ast.unparse(target.value))
            return


def _item_carried(case: Case, spot: Spot, place: ast.expr, name: str) -> Finding:
    """states[i] = cell(x, states[i])."""
    what = note("{name} carries tensors over from the step before with the graph of that step", name=name)
    why = note("backward runs on into that graph, which the backward of that step has freed")
    change = replaced(spot, place, f"{spot.source.text(place)}.detach()")
    return case.finding("TW502", what, why=why, fix=_line(spot, place, str(change.text)), mend=change.mend)


def _growing_lists(case: Case, graph: Graph) -> Iterator[Finding]:
    """Lists that are read as a whole in each step."""
    for ran in reversed(ran_before(case)):
        call = ran.spot.node
        if not isinstance(call, ast.Call) or call_name(call) not in GROWING or not isinstance(call.func, ast.Attribute):
            continue
        value = held(case.flow, ran.spot.at(call.func.value, ()))
        tensors = with_graph(value)
        least = 1 if ran.turn == "last" else 2
        if len(tensors) < least or not any(tensor in graph for tensor in tensors) or not call.args:
            continue
        if ran.level == 0 and _is_fresh(case, ran.spot, call.func.value):
            continue
        yield _growing(case, ran.spot, call)
        return


def _is_fresh(case: Case, spot: Spot, node: ast.expr) -> bool:
    """Whether the list is begun anew in each turn."""
    name = ast.unparse(node)
    for ran in ran_before(case):
        other = ran.spot.node
        targets = other.targets if isinstance(other, ast.Assign) else []
        if ran.is_now and ran.spot.source is spot.source and name in map(ast.unparse, targets):
            return True
        if ran.is_now and isinstance(other, ast.Call) and call_name(other) == "clear":
            return True
    return False


def _growing(case: Case, spot: Spot, call: ast.Call) -> Finding:
    assert isinstance(call.func, ast.Attribute), "asked before"
    name = ast.unparse(call.func.value)
    emptied = any(
        isinstance(node, ast.Call) and call_name(node) in EMPTYING and name in ast.unparse(node.func)
        for node in ast.walk(spot.source.tree)
    ) or f"{name} = {name}[" in "".join(spot.source.lines)  # fmt: skip
    if emptied or "maxlen" in "".join(spot.source.lines):
        what = note("{name} keeps tensors of earlier steps with their graphs", name=name)
        why = note("backward runs on into those graphs, which the backward of those steps has freed")
        change = replaced(spot, call.args[-1], f"{spot.source.text(call.args[-1])}.detach()")
        return case.finding("TW502", what, why=why, fix=change.text, mend=change.mend)
    what = note("{name} still holds the tensors of the step before, whose graphs are used up", name=name)
    why = note("the list is never emptied, so each backward goes back through all earlier steps too")
    start = _begun(case, spot, name)
    if start is not None:
        fix = note("{code}  inside of the loop, before each step", code=" ".join(start.text.split()))
        return case.finding("TW501", what, why=why, fix=fix, mend=start)
    fix = note("{name}.clear()  behind the optimizer's step", name=_name_here(case, name))
    return case.finding("TW501", what, why=why, fix=fix, mend=_step_after(case) or spot)


def _name_here(case: Case, name: str) -> str:
    """How the function that calls backward names the list that another one calls self.saved."""
    attribute, scope = name.rpartition(".")[2], case.frame.scope if case.frame is not None else None
    for node in ast.walk(scope or ast.Pass()):
        if isinstance(node, ast.Attribute) and node.attr == attribute:
            return ast.unparse(node)
    return name


def _step_after(case: Case) -> Spot | None:
    """The optimizer's step behind the failing line."""
    frame = case.frame
    for node in ast.walk(frame.scope) if frame is not None and frame.scope is not None else ():
        if isinstance(node, ast.Call) and call_name(node) == "step" and frame is not None and node.lineno >= frame.line:
            return case.spot(node)
    return None


def _begun(case: Case, spot: Spot, name: str) -> Spot | None:
    """The line where a local list is begun, outside of the loop."""
    for ran in reversed(ran_before(case)):
        node = ran.spot.node
        if isinstance(node, ast.Assign) and ran.spot.source is spot.source and name in map(ast.unparse, node.targets):
            return None if _function(ran.spot) == "__init__" else ran.spot
    return None
