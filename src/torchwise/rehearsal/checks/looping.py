"""The training loop as it is written: summed gradients, schedules in other units, a scaler that is never updated."""

import ast
from collections.abc import Iterator

import torch

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding
from torchwise.rehearsal.reading.unrolled import Deed, Program, place
from torchwise.rehearsal.reading.upstream import upstream
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.texts import note

ADAPTIVE = {"Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Rprop"}  # of their gradients' scale
HORIZONS = {
    "CosineAnnealingLR": ("T_max", 1), "LinearLR": ("total_iters", 3), "PolynomialLR": ("total_iters", 1),
    "ConstantLR": ("total_iters", 2), "OneCycleLR": ("total_steps", 2),
}  # fmt: skip


def summed_not_averaged(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Gradients of k batches are summed up for one step, and nothing is divided by k."""
    program = rehearsed.program
    told: set[ast.AST] = set()
    for step in program.steps:
        count = _every(step)
        loop = step.loops[-1] if step.loops else None
        for backward in program.backwards if count is not None else ():
            if loop is None or backward.node in told or not backward.loops or backward.loops[-1] is not loop:
                continue
            if (
                backward.is_conditional(loop)
                or _has_own_backward(program, step, loop)
                or _is_scaled(program, backward, loop)
            ):
                continue
            told.add(backward.node)
            is_adaptive = _optimizer(program, step) in ADAPTIVE
            assert count is not None, "the loop is empty without"
            yield rehearsed.finding(
                "TW758", place(backward.spot),
                note("the gradients of {count} batches are summed up, and the loss is not divided by {count}",
                     count=ast.unparse(count)),
                why=note("each step is as many times as large as one on a large batch would be") if not is_adaptive
                else note("Adam and its kin divide by the size of the gradients, so that little changes; clipping, "
                          "and any other optimizer, sees gradients as many times as large"),
                fix=f"({_loss(backward)} / {ast.unparse(count)}).backward()", sure=not is_adaptive,
            )  # fmt: skip


def _has_own_backward(program: Program, step: Deed, loop: ast.AST) -> bool:
    """Whether a loss is walked back in the branch of the step itself, or another step stands outside of it."""
    branches = {node for node in step.around[step.around.index(loop) + 1 :] if isinstance(node, ast.If)}
    if any(branches & set(deed.around) for deed in program.backwards):
        return True
    return any(loop in deed.loops and not deed.is_conditional(loop) for deed in program.steps)


def _every(step: Deed) -> ast.expr | None:
    """k, where a step stands under `if (i + 1) % k == 0`."""
    loop = step.loops[-1] if step.loops else None
    inside = step.around[step.around.index(loop) + 1 :] if loop in step.around else ()
    for branch in inside:
        test = branch.test if isinstance(branch, ast.If) else None
        for node in ast.walk(test) if test is not None else ():
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
                return node.right
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                for bound in ast.walk(loop) if loop is not None else ():
                    if isinstance(bound, ast.Assign) and ast.unparse(bound.targets[0]) == node.id:
                        inner = [n for n in ast.walk(bound.value) if isinstance(n, ast.BinOp)]
                        found = next((n.right for n in inner if isinstance(n.op, ast.Mod)), None)
                        if found is not None:
                            return found
    return None


def _loss(backward: Deed) -> str:
    """The expression that backward starts from."""
    assert isinstance(backward.node, ast.Call) and isinstance(backward.node.func, ast.Attribute), "a method"
    receiver = backward.node.func.value
    if isinstance(receiver, ast.Call) and call_name(receiver) == "scale" and receiver.args:
        return ast.unparse(receiver.args[0])
    return ast.unparse(backward.node.args[0] if backward.node.args else receiver)


def _is_scaled(program: Program, backward: Deed, loop: ast.AST) -> bool:
    """Whether anything may make the sum a mean: a division of the loss, of gradients or of the rate, a sum as loss."""
    above = upstream(program, backward.spot.at(backward.node))
    if any(_divides(spot.node) for spot in above.spots if _is_reached_in(spot, loop)):
        return True
    for deed in program.deeds:
        is_near = loop in deed.around
        if is_near and any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in ast.walk(deed.node)):
            return True
        if is_near and isinstance(deed.node, ast.AugAssign) and isinstance(deed.node.op, ast.Div):
            return True
        if isinstance(getattr(torch.optim, deed.name, None), type) and any(map(_divides, ast.walk(deed.node))):
            return True
    return any("reduction" in line and "sum" in line for source in program.sources for line in source.lines)


def _is_reached_in(spot: Spot, loop: ast.AST) -> bool:
    """Whether an expression stands in a loop, or in a function that is called there."""
    here: Spot | None = spot
    while here is not None:
        node: ast.AST | None = here.node
        while node is not None and node is not loop:
            node = here.source.parents.get(node)
        if node is loop:
            return True
        here = here.caller
    return False


def _divides(node: ast.AST) -> bool:
    """A division, a product with something named, or a sum over values."""
    if isinstance(node, ast.Call):
        return call_name(node) in ("sum", "div", "div_", "mul", "mul_")
    if not isinstance(node, ast.BinOp):
        return False
    names = (ast.Name, ast.Attribute)
    return isinstance(node.op, ast.Div) or (
        isinstance(node.op, ast.Mult) and (isinstance(node.left, names) or isinstance(node.right, names))
    )


def _optimizer(program: Program, step: Deed) -> str:
    """The class of the optimizer that steps."""
    assert isinstance(step.node, ast.Call), "steps are calls"
    subject = step.spot.at(step.node.args[0], ()) if step.node.args else step.receiver
    return call_name(program.flow.born(subject).node) if subject is not None else ""


def never_updated(rehearsed: Rehearsed) -> Iterator[Finding]:
    """scaler.step() without scaler.update()."""
    program = rehearsed.program
    scalers = [deed for deed in program.named("step") if _is_scaler(program, deed.receiver)]
    trees = [source.tree for source in program.sources]
    updates = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "update"
    ]
    if scalers and not any("scal" in ast.unparse(node).lower() for node in updates):
        step = scalers[0]
        assert step.receiver is not None, "a scaler steps"
        yield rehearsed.finding(
            "TW759", place(step.spot), note("{name} is never updated", name=step.receiver.text),
            why=note("on a GPU the second step raises, and the scale would never become smaller after an overflow"),
            fix=note("{code} after it", code=f"{step.receiver.text}.update()"),
        )  # fmt: skip


def _is_scaler(program: Program, spot: Spot | None) -> bool:
    return spot is not None and call_name(program.flow.born(spot).node) == "GradScaler"


def schedule_of_epochs(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A schedule as long as there are epochs that steps with every batch, or one of all batches that steps by epoch."""
    program = rehearsed.program
    for step in program.named("step"):
        made = program.flow.born(step.receiver) if step.receiver is not None else None
        if made is None or call_name(made.node) not in HORIZONS or step.node.args or not step.loops:  # type: ignore[attr-defined]
            continue
        horizon = _horizon(made)
        batch_loop = next((loop for loop in reversed(step.loops) if loop in program.batch_loops), None)
        epochs = program.epoch_loop(batch_loop) if batch_loop is not None else step.loops[-1]
        if horizon is None or not isinstance(epochs, ast.For) or not _is_trained_in(program, epochs):
            continue
        turns = _turns(program, epochs, step)
        if batch_loop is not None and turns is not None and _is_same(program, horizon, turns):
            yield _other_units(rehearsed, step, made, note("is made for {count} epochs and steps with every batch",
                               count=horizon.text), note("behind the loop over the batches"))  # fmt: skip
        elif batch_loop is None and turns is not None and _is_all_batches(program, horizon, turns):
            yield _other_units(rehearsed, step, made, note("is made for {count} steps and steps once an epoch",
                               count=horizon.text), note("inside the loop over the batches"))  # fmt: skip


def _horizon(made: Spot) -> Spot | None:
    """How many steps a scheduler is made for."""
    assert isinstance(made.node, ast.Call), "schedulers are built by calls"
    keyword, index = HORIZONS[call_name(made.node)]
    given = keyword_of(made.node, keyword)
    if given is None and index < len(made.node.args):
        given = made.node.args[index]
    return made.at(given, ()) if given is not None else None


def _is_trained_in(program: Program, epochs: ast.AST) -> bool:
    """Whether a loop holds a whole loop over batches."""
    return any(program.epoch_loop(loop) is epochs for loop in program.batch_loops)


def _turns(program: Program, loop: ast.For, step: Deed) -> Spot | None:
    """The number of turns of `for epoch in range(n)`, range(1, n + 1) or trange(n)."""
    call = loop.iter
    while isinstance(call, ast.Call) and call_name(call) in ("tqdm", "enumerate") and call.args:
        call = call.args[0]
    if not isinstance(call, ast.Call) or call_name(call) not in ("range", "trange") or not call.args:
        return None
    last = call.args[0] if len(call.args) == 1 else call.args[1]
    if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Add) and ast.unparse(last.right) == "1":
        last = last.left
    scope = next((deed.spot for deed in program.deeds if deed.node is call), step.spot)
    return scope.at(last, ())


def _is_same(program: Program, one: Spot, other: Spot) -> bool:
    """Whether two expressions are the same number: written or born the same, and no 1."""
    first, second = program.flow.born(one), program.flow.born(other)
    if isinstance(first.node, ast.Constant) and isinstance(second.node, ast.Constant):
        return first.node.value == second.node.value != 1
    return first.node is second.node or (one.text == other.text and isinstance(one.node, ast.Name | ast.Attribute))


def _is_all_batches(program: Program, horizon: Spot, turns: Spot) -> bool:
    """Whether a number is the epochs times len(loader)."""
    product = program.flow.born(horizon)
    node = product.node
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    sides = [product.at(node.left, ()), product.at(node.right, ())]
    has_length = any(call_name(program.flow.born(side).node) == "len" for side in sides)
    return has_length and any(_is_same(program, side, turns) for side in sides)


def _other_units(rehearsed: Rehearsed, step: Deed, made: Spot, what: object, where: object) -> Finding:
    assert step.receiver is not None, "schedulers step"
    return rehearsed.finding(
        "TW729", place(step.spot), note("{kind} {what}", kind=call_name(made.node), what=what),
        why=note("it was told how long the training is in one unit, and is moved on in another: the learning rate is "
                 "not the one that was planned"),
        fix=note("{code} {where}", code=f"{step.receiver.text}.step()", where=where),
    )  # fmt: skip


RULES = (summed_not_averaged, never_updated, schedule_of_epochs)
