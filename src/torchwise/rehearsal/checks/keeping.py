"""Weights that were meant to be kept, and go on changing: state_dict() without a copy, a model built in every epoch."""

import ast
from collections.abc import Iterator

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import EPOCHS
from torchwise.rehearsal.reading.unrolled import Deed, Program, place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Loaded
from torchwise.texts import note

SHALLOW = ("dict", "OrderedDict", "copy")  # copies of the dict, not of its tensors


def kept_without_copy(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The best weights are the live ones: best = model.state_dict()."""
    program = rehearsed.program
    for deed in program.deeds:
        node = deed.node
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not deed.loops:
            continue
        live = _live_state(node.value)
        loop = deed.loops[-1]
        if live is None or not program.trains(loop) or not _is_chosen(deed, loop) or _ends(deed, loop):
            continue
        target = ast.unparse(node.targets[0])
        if _is_used_after(deed, loop, target) and not _is_rebound(deed, loop, ast.unparse(live)):
            yield _not_copied(rehearsed, deed, target, live)


def _live_state(value: ast.expr) -> ast.expr | None:
    """The model whose living weights a value holds: of m.state_dict(), dict(m.state_dict()), {"model": ...}, or m."""
    if isinstance(value, ast.Call):
        function = value.func
        if call_name(value) == "state_dict" and isinstance(function, ast.Attribute):
            return function.value
        if call_name(value) in SHALLOW:
            inner = next(iter(value.args), None)
            if inner is None and isinstance(function, ast.Attribute):
                inner = function.value
            return _live_state(inner) if isinstance(inner, ast.Call) else None
    if isinstance(value, ast.Dict):
        found = [_live_state(item) for item in value.values if isinstance(item, ast.Call)]
        return next(filter(None, found), None)
    if isinstance(value, ast.DictComp) and isinstance(value.value, ast.Name) and not value.generators[0].ifs:
        items = value.generators[0].iter
        if isinstance(items, ast.Call) and isinstance(items.func, ast.Attribute) and items.func.attr == "items":
            return _live_state(items.func.value)
    return None


def _is_chosen(deed: Deed, loop: ast.AST) -> bool:
    """Whether it is done in some turns of a loop only: in a branch, or behind one that leaves the function."""
    body = getattr(deed.spot.source.parents.get(deed.node), "body", [])
    before = body[: body.index(deed.node)] if deed.node in body else []
    guards = [
        item for item in before if isinstance(item, ast.If) and isinstance(item.body[-1], ast.Return | ast.Continue)
    ]
    return deed.is_conditional(loop) or bool(guards)


def _ends(deed: Deed, loop: ast.AST) -> bool:
    """Whether the loop is left right after it."""
    source = deed.spot.source
    leaving = (
        ast.Break | ast.Return
        if loop in source.parents and source.scope_of(loop) is source.scope_of(deed.node)
        else ast.Break
    )
    body = getattr(deed.spot.source.parents.get(deed.node), "body", [])
    after = body[body.index(deed.node) + 1 :] if deed.node in body else []
    return any(isinstance(item, leaving) for item in after)


def _is_used_after(deed: Deed, loop: ast.AST, target: str) -> bool:
    """Whether the kept weights are read behind the loop, or (as an attribute or item) anywhere else."""
    scope = deed.spot.source.scope_of(deed.node)
    end = getattr(loop, "end_lineno", 0)
    attribute = target.rpartition(".")[2] if "." in target else ""
    key = target[target.rindex("[") :] if target.endswith("]") else ""
    for node in ast.walk(deed.spot.source.tree if attribute or key else scope):
        is_item = bool(key) and isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
        if is_item and ast.unparse(node).endswith(key):
            return True
        if attribute and isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr == attribute:
            return True
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == target and node.lineno > end:
            return True
    return False


def _is_rebound(deed: Deed, loop: ast.AST, model: str) -> bool:
    """Whether the model is another one in each turn of the loop."""
    targets = [
        target for node in ast.walk(loop) if isinstance(node, ast.Assign) for target in node.targets
    ]  # fmt: skip
    names = {ast.unparse(item) for target in targets for item in ast.walk(target) if isinstance(item, ast.expr)}
    return model in names


def _not_copied(rehearsed: Rehearsed, deed: Deed, target: str, live: ast.expr) -> Finding:
    model = ast.unparse(live)
    return rehearsed.finding(
        "TW753", place(deed.spot),
        note("{target} holds the weights of {model} themselves, no copy of them", target=target, model=model),
        why=note("each later step changes them too: in the end {target} holds the last weights, not the best",
                 target=target),
        fix=f"copy.deepcopy({model}.state_dict())",
    )  # fmt: skip


def loaded_alive(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Weights are loaded back that were never anything but the living ones."""
    for event in rehearsed.record.of(Loaded):
        own = set(rehearsed.record.module_info[event.module].parameters)
        site, since = event.alive or (event.site, event.at)
        if any(since <= step.at < event.at and own & set(step.parameters) for step in rehearsed.steps):
            yield rehearsed.finding(
                "TW753", event.site, note("what is loaded here are the weights that the model has anyway"),
                why=note("line {line} took the tensors of the model themselves, and each step since then "
                         "has changed them: the weights of that time are gone", line=site.line),
                fix="copy.deepcopy(model.state_dict())", mend=site,
            )  # fmt: skip


def model_in_variable(rehearsed: Rehearsed) -> Iterator[Finding]:
    """best_model = model inside the loop that goes on training it."""
    program = rehearsed.program
    for deed in program.deeds:
        node = deed.node
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name | ast.Attribute) or not deed.loops:
            continue
        target, loop = ast.unparse(node.targets[0]), deed.loops[-1]
        if (
            "best" not in target.lower()
            or not program.trains(loop)
            or not deed.is_conditional(loop)
            or _ends(deed, loop)
        ):
            continue
        model = ast.unparse(node.value)
        is_model = _is_model(program, deed.spot.at(node.value, ()))
        if is_model and _is_used_after(deed, loop, target) and not _is_rebound(deed, loop, model):
            yield rehearsed.finding(
                "TW753", place(deed.spot),
                note("{target} is {model} itself, no copy of it", target=target, model=model),
                why=note("each later step changes it too: in the end {target} has the last weights, not the best",
                         target=target),
                fix=f"{target} = copy.deepcopy({model})",
            )  # fmt: skip


def _is_model(program: Program, spot: Spot) -> bool:
    """Whether an expression is a module: built by a class of the user's or of torch.nn that is one."""
    made = program.flow.born(spot)
    if not isinstance(made.node, ast.Call):
        return False
    owners = program.flow.class_called(made)
    if owners:
        return any("Module" in ast.unparse(base) for _, owner in owners for base in owner.bases)
    return call_name(made.node) == "Sequential"


def model_built_again(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A new model in every epoch."""
    program = rehearsed.program
    for batch_loop in program.batch_loops:
        epochs = program.epoch_loop(batch_loop)
        if not isinstance(epochs, ast.For) or not EPOCHS.search(ast.unparse(epochs.target)):
            continue
        inside = [deed for deed in program.deeds if epochs in deed.around and batch_loop not in deed.around]
        if any(deed.name == "load_state_dict" for deed in inside):
            continue
        names = {node.id for node in ast.walk(batch_loop) if isinstance(node, ast.Name)}
        for deed in inside:
            node = deed.node
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call | ast.Name):
                continue
            is_made_here = isinstance(node.value, ast.Call) and not deed.is_conditional(epochs)
            target = ast.unparse(node.targets[0])
            if is_made_here and target in names and _is_model(program, deed.spot.at(node.value, ())):
                yield rehearsed.finding(
                    "TW757", place(deed.spot), note("{name} is built anew in every epoch", name=target),
                    why=note("what it has learned in one epoch is gone in the next"),
                    fix=note("build it before the loop in line {line}", line=epochs.lineno),
                )  # fmt: skip


RULES = (loaded_alive, kept_without_copy, model_in_variable, model_built_again)
