"""Graphs that are kept from step to step, and evaluations that record gradients."""

import ast
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.gradients.inplace import base_of
from torchwise.doctor.memory.asked import Asked, size_text
from torchwise.doctor.memory.evaluation import is_evaluation, records
from torchwise.doctor.memory.holders import Hoard, hoards_of
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.carried import carried_names
from torchwise.doctor.past.events import Ran, loops_around, ran_before
from torchwise.doctor.past.training import backwards
from torchwise.doctor.past.writing import code_of, indent_of, replaced
from torchwise.doctor.shapes import root_frame
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

STORING = {"append", "extend", "insert", "add", "appendleft", "update", "setdefault"}


def hoarded(case: Case, said: Asked) -> Iterator[Finding]:
    """TW303, TW302: a list or a sum keeps the graphs of earlier steps, with their activations."""
    carried = {id(h.value): h.text for h in carried_names(case)}
    least = (said.request or 0) // 2
    for hoard in hoards_of(case):
        is_kept = not isinstance(hoard.value, Tensor) or id(hoard.value) in carried
        if hoard.kept < max(least, 1) or not is_kept:
            continue
        store = _store(case, hoard)
        if store is None:
            continue
        if not _trains(case) and records(case):
            yield without_no_grad(case, said, hoard)
        else:
            yield _kept(case, hoard, store, said)
        return


def _trains(case: Case) -> bool:
    """Whether the loop that it failed in goes backward."""
    return any(deed.ran.level == 0 for deed in backwards(case)) or not is_evaluation(case)


def _store(case: Case, hoard: Hoard) -> Ran | None:
    """The line that puts tensors into the hoard."""
    for ran in reversed(ran_before(case)):
        node = ran.spot.node
        target: ast.AST | None = None
        if (
            isinstance(node, ast.Call)
            and call_name(node) in STORING
            and isinstance(node.func, ast.Attribute)
            and node.args
        ):
            target = base_of(node.func.value)
        elif isinstance(node, ast.AugAssign):
            target = base_of(node.target)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = base_of(node.targets[0])
        elif (
            isinstance(node, ast.Assign)
            and isinstance(hoard.value, Tensor)
            and hoard.name in map(ast.unparse, node.targets)
        ):
            return ran
        if target is None:
            continue
        if isinstance(hoard.value, Tensor):
            if ast.unparse(target) == hoard.name:
                return ran
        elif held(case.flow, ran.spot.at(target, ())) is hoard.value:
            return ran
    return None


def _kept(case: Case, hoard: Hoard, store: Ran, said: Asked) -> Finding:
    """What is stored in training should be a number, or detached."""
    spot, node = store.spot, store.spot.node
    what = note(
        "{name} keeps {count} tensors with their graphs: {size} of activations that nothing else needs",
        name=_written(spot) or hoard.name, count=len(hoard.tensors), size=size_text(hoard.kept),
    )  # fmt: skip
    why = note("a tensor holds its graph, and the graph the activations of its step, until both are let go")
    is_number = all(tensor.numel() == 1 for tensor in hoard.tensors)
    value = _stored(node)
    if value is None or isinstance(value, ast.Tuple | ast.Dict | ast.List):
        fix: Words = note("store numbers, loss.item(), or tensors without their graphs, output.detach()")
        return case.finding("TW303", what, why=why, fix=fix, mend=spot)
    text = code_of(spot, value)
    new = (
        f"{text}.item()"
        if is_number and isinstance(node, ast.AugAssign)
        else f"float({text})"
        if is_number
        else f"{text}.detach()"
    )
    change = replaced(spot, value, new)
    line = " ".join(spot.text.split())
    old = " ".join(spot.source.text(value).split())
    fix = (
        line[: line.rfind(old)] + str(change.text) + line[line.rfind(old) + len(old) :] if old in line else change.text
    )
    return case.finding("TW303", what, why=why, fix=fix, mend=change.mend)


def _written(spot: Spot) -> str:
    """How the list is written where something is put into it."""
    node = spot.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value)
    return ""


def _stored(node: ast.AST) -> ast.expr | None:
    """What is stored."""
    if isinstance(node, ast.Call):
        return node.args[-1] if node.args else None
    if isinstance(node, ast.AugAssign):
        return node.value
    value = getattr(node, "value", None)
    if isinstance(value, ast.BinOp) and isinstance(node, ast.Assign):
        names = set(map(ast.unparse, node.targets))
        return value.right if ast.unparse(value.left) in names else value.left
    return value


def without_no_grad(case: Case, said: Asked, hoard: Hoard | None = None) -> Finding:
    """TW302: the evaluation records gradients."""
    what = note("the evaluation runs with gradients on, so every forward pass keeps its activations")
    why = note(
        "model.eval() doesn't switch gradients off; {size} more were asked for", size=size_text(said.request or 0)
    )
    if hoard is not None:
        what = note(
            "the evaluation runs with gradients on, so {name} keeps {size} of activations", name=hoard.name,
            size=size_text(hoard.kept),
        )  # fmt: skip
        why = note("every output in it holds the graph of its batch; model.eval() doesn't change that")
    frame = _function(case)
    if frame is not None and frame.source is not None and isinstance(frame.scope, ast.FunctionDef):
        line = frame.scope.lineno
        head = frame.source.line(line).partition("  #")[0]
        indent = indent_of(frame.source, frame.scope)
        mend = Mend(
            file=frame.file,
            line=line,
            old=f"def {frame.scope.name}(",
            new=f"@torch.no_grad()\n{indent}def {frame.scope.name}(",
        )
        return case.finding("TW302", what, why=why, fix=f"@torch.no_grad()\n{head}", mend=mend)
    fix = note("with torch.no_grad():  around the evaluation")
    return case.finding("TW302", what, why=why, fix=fix, mend=_loop(case))


def _function(case: Case) -> Frame | None:
    """The innermost function that evaluates: it calls the model, and nothing in it goes backward."""
    root = root_frame(case)
    frames = case.user[: case.user.index(root) + 1] if root in case.user else case.user
    for frame in reversed(frames):
        scope = frame.scope
        if not isinstance(scope, ast.FunctionDef) or scope.name in ("forward", "__call__"):
            continue
        trains = any(isinstance(node, ast.Attribute) and node.attr in ("backward", "step") for node in ast.walk(scope))
        return None if trains or scope.name == "main" else frame
    return None


def _loop(case: Case) -> Spot | None:
    """The loop of an evaluation that stands in a script or in the function that trains; else the call of the model."""
    root = root_frame(case)
    if root is None or root.node is None:
        return None
    loops = loops_around(root)
    return case.flow.spot(root, loops[0] if loops else root.node)
