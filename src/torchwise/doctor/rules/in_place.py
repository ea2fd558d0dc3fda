"""Tensors that backward needs, changed in place after the forward pass had used them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import Graph, Operation, failed_graph
from torchwise.doctor.gradients.inplace import (
    InPlace,
    base_of,
    changes_in_place,
    is_of_tensor,
    value_of,
    vars_of,
    without,
)
from torchwise.doctor.gradients.makers import gives
from torchwise.doctor.layers import Change
from torchwise.doctor.rules.stepped import from_earlier_turns, steps_between
from torchwise.finding import Finding, Words
from torchwise.texts import note

SAYS = re.compile(r"modified by an in-?place operation", re.I)
TENSOR = re.compile(
    r"\[(?:torch\.)?[\w.]*Tensor(?: \[(?P<shape>[\d, ]*)\])?\](?:, which is output \d+ of (?P<name>[\w:]+))?"
    r".*?is at version (?P<version>\d+); expected version (?P<expected>\d+)", re.S,
)  # fmt: skip
VIEWS = {"AsStrided", "T", "Transpose", "Permute", "View", "Expand", "Slice", "Select", "Unsqueeze", "Squeeze", "Split"}


@dataclass(frozen=True)
class Changed:
    """What the error says of the tensor: its shape, the operation that made it, how often it was changed."""

    shape: tuple[int, ...] | None
    name: str
    version: int
    expected: int


def changed_in_place(case: Case) -> Iterator[Finding]:
    """TW503, TW504: what an operation kept for its gradient was changed in place before backward."""
    if not isinstance(case.error, RuntimeError) or not SAYS.search(case.text) or case.frame is None:
        return
    changed = _said(case.text)
    graph = failed_graph(case)
    failed = next(iter(graph.changed()), None)
    weight = _weight(case, graph, changed, failed)
    found = list(steps_between(case, weight)) if weight is not None else []
    found += list(_by_code(case, graph, changed, failed, weight))
    found += list(from_earlier_turns(case, graph, weight)) if weight is not None else []
    if not found:
        found = [case.finding("TW503", _what(changed, failed), why=_why(failed), fix=note(
            "find the change with torch.autograd.set_detect_anomaly(True), and write it without changing in place"
        ), sure=False)]  # fmt: skip
    yield found[0]
    yield from (finding.guessed() for finding in found[1:2])


def _said(text: str) -> Changed:
    match = TENSOR.search(text)
    if match is None:
        return Changed(None, "", 0, 0)
    shape = match["shape"]
    sizes = tuple(int(size) for size in shape.split(",") if size.strip()) if shape is not None else None
    name = re.sub(r"Backward\d*$", "", (match["name"] or "").rpartition("::")[2])
    return Changed(sizes, name, int(match["version"]), int(match["expected"]))


def _weight(case: Case, graph: Graph, changed: Changed, failed: Operation | None) -> Tensor | None:
    """The parameter or buffer that was changed, if it is one."""
    if changed.name and changed.name not in VIEWS:
        return None
    near = []
    if failed is not None:
        near = [graph.operations[f] for f in failed.inputs if f in graph.operations]
        near += [graph.operations[f] for o in list(near) for f in o.inputs if o.name in VIEWS and f in graph.operations]
    candidates = [leaf for o in near if (leaf := o.leaf) is not None] or graph.leaves()
    for frame in case.user:
        for value in [*frame.locals.values(), *vars_of(frame.receiver())]:
            if isinstance(value, nn.Module):
                candidates += [*value.buffers()]
    for tensor in candidates:
        shapes = {tuple(tensor.shape), tuple(tensor.shape)[::-1]}
        if tensor._version == changed.version and (changed.shape is None or changed.shape in shapes or not near):
            return tensor
    return None


def _by_code(
    case: Case, graph: Graph, changed: Changed, failed: Operation | None, weight: Tensor | None
) -> Iterator[Finding]:
    """The change in the user's code that fits best."""
    ranked = []
    makers, users = _around(graph, changed, failed)
    for index, change in enumerate(changes_in_place(case)):
        if change.ran is not None and not change.ran.is_now and change.ran.level > 0:
            continue
        if not is_of_tensor(case, change):
            continue
        score = _score(case, change, changed, makers, users, weight)
        if score > 0:
            ranked.append((score, index, change))
    ranked.sort(key=lambda item: (-item[0], -item[1]))
    best = ranked[0][0] if ranked else 0
    for score, _, change in ranked[:2]:
        if score >= best - 1:
            yield _finding(case, change, changed, failed, sure=score >= 3)


def _around(graph: Graph, changed: Changed, failed: Operation | None) -> tuple[set[str], set[str]]:
    """The names of the operations that made the changed tensor, and of those that took it afterwards."""
    if failed is None:
        return {changed.name} - {""}, set()
    is_result = any(
        name.startswith("_saved_result") or name == "_saved_output"
        for name, fate in failed.saved.items()
        if fate == "changed"
    )
    makers = [failed] if is_result else [
        graph.operations[f] for f in failed.inputs if f in graph.operations and graph.operations[f].name == changed.name
    ]  # fmt: skip
    users = {o.name for maker in makers for o in graph.consumers(maker.function) if o is not failed}
    return {maker.name for maker in makers} | ({changed.name} - {""}), users


def _score(
    case: Case, change: InPlace, changed: Changed, makers: set[str], users: set[str], weight: Tensor | None
) -> int:
    """How well a change in the code fits what the graph and the error say."""
    value = value_of(case, change) if change.kind != "module" else None
    if weight is not None:
        return 5 if isinstance(value, Tensor) and (value is weight or value.data_ptr() == weight.data_ptr()) else 0
    if isinstance(value, Tensor) and isinstance(value, nn.Parameter):
        return 0
    score = 1
    if isinstance(value, Tensor) and value._version == 0:
        score -= 2  # it was changed by nothing; unless the name holds another one now
    if change.name in users or (change.name == "CopySlices" and users & {"IndexPut", "CopySlices"}):
        score += 3
    elif users and change.kind != "item":
        score -= 1
    if isinstance(value, Tensor) and changed.shape is not None and tuple(value.shape) == changed.shape:
        score += 2
    if not (change.kind in ("item", "augmented") and makers & VIEWS):  # a view of the variable was kept
        score += 2 * gives(case, change, makers)
    return score


def _finding(case: Case, change: InPlace, changed: Changed, failed: Operation | None, *, sure: bool) -> Finding:
    made = without(change)
    fix: Words
    if isinstance(value_of(case, change), nn.Parameter):
        fix = note("{code}  behind the optimizer's step", code=" ".join(change.spot.text.split()))
        why = note("the forward pass ran before, so its backward needs the weights as they were then")
        return case.finding("TW503", _what(changed, failed), why=why, fix=fix, mend=change.spot, sure=sure)
    if _is_filled_step_by_step(change):
        base = ast.unparse(base_of(change.target) or ast.Constant(None))
        fix = note("collect the steps in a list, and {name} = torch.stack(steps, dim=...) behind the loop", name=base)
        return case.finding("TW503", _what(changed, failed), why=_why(failed), fix=fix, mend=change.spot, sure=sure)
    if isinstance(made, Change):
        fix = made.text
        mend = made.mend
        if mend.new is not None and mend.old is not None and "\n" in mend.new:
            fix = note("{code}  before this line", code=str(made.text))
        return case.finding("TW503", _what(changed, failed), why=_why(failed), fix=fix, mend=mend, sure=sure)
    return case.finding("TW503", _what(changed, failed), why=_why(failed), fix=made[0], mend=made[1], sure=sure)


def _is_filled_step_by_step(change: InPlace) -> bool:
    """states[t] = f(states[t - 1]): each turn of a loop writes into the tensor that it reads."""
    node, base = change.node, base_of(change.target)
    if change.kind != "item" or not isinstance(node, ast.Assign) or base is None:
        return False
    name = ast.unparse(base)
    reads = any(
        isinstance(item, ast.Name | ast.Attribute) and ast.unparse(item) == name for item in ast.walk(node.value)
    )
    here = change.spot.source.parents.get(node)
    return reads and isinstance(here, ast.For | ast.While)


def _what(changed: Changed, failed: Operation | None) -> Words:
    if failed is None or not failed.name:
        return note("a tensor that backward needs was changed in place")
    if changed.shape is None:
        return note(
            "a tensor that the gradient of {operation} needs was changed in place", operation=failed.name.lower()
        )
    return note(
        "a tensor of shape {shape} that the gradient of {operation} needs was changed in place",
        shape=changed.shape, operation=failed.name.lower(),
    )  # fmt: skip


def _why(failed: Operation | None) -> Words:
    if failed is not None and any(n.startswith("_saved_result") and f == "changed" for n, f in failed.saved.items()):
        return note(
            "{operation} computes its gradient from its own result, which is overwritten by then",
            operation=failed.name.lower(),
        )
    return note("the forward pass kept this tensor for the gradient; the change overwrites what it kept")


RULES = (changed_in_place,)
