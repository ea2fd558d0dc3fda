"""The training step: gradients that are never cleared, cleared too early, never used, or that reach nothing."""

import ast
from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.lineage import has_grad, lineage
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Backward, Event, Key, Op, OptimizerMade, Scaling, Step, ZeroGrad
from torchwise.texts import note

SCHEDULERS = ("LR", "Plateau", "WarmRestarts", "Scheduler")  # how the names of those end that take an optimizer
NEW = {"tensor", "as_tensor", "from_numpy", "requires_grad", "Variable"}  # what gives a tensor without a graph
FEWEST = 3  # losses of earlier steps that are still held: a list of them, not a variable


def never_cleared(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A step that uses gradients summed up with those that the step before has used already."""
    for step in rehearsed.steps:
        backward = next((e for e in reversed(rehearsed.backwards) if e.at < step.at and e.stale & step.stale), None)
        if backward is not None:
            name = _optimizer(rehearsed, step.optimizer)
            yield rehearsed.finding(
                "TW713", backward.site,
                note("the gradients of {count} parameters are added to those that {name}.step() has used already",
                     count=len(step.stale), name=name),
                why=note("backward adds to .grad; without zero_grad each step follows the sum of all steps before"),
                fix=note("{code} before backward", code=f"{name}.zero_grad()"),
            )  # fmt: skip


def cleared_too_early(rehearsed: Rehearsed) -> Iterator[Finding]:
    """zero_grad between backward and step: the step has nothing to follow."""
    for step in rehearsed.steps:
        if any(step.norms.values()):
            continue
        held = frozenset(step.parameters)
        last = None
        for event in reversed(rehearsed.record.events[: step.at]):
            if (isinstance(event, Backward) and event.reached & held) or (
                isinstance(event, Step) and event.optimizer == step.optimizer
            ):
                break
            if isinstance(event, ZeroGrad) and event.dropped & held:
                last = event
        if last is not None and last.dropped & held:
            yield rehearsed.finding(
                "TW714", last.site, note("zero_grad() stands between backward() and step()"),
                why=note("it clears the gradients that the step was to use: the weights never change"),
                fix=note("clear the gradients before backward, or after step"),
            )  # fmt: skip


def never_stepped(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Gradients are computed for the parameters of an optimizer that is never told to step."""
    if _updated_by_hand(rehearsed) or any(isinstance(event, Scaling) for event in rehearsed.record.events):
        return
    for made in rehearsed.optimizers_made:
        own = set(made.parameters) - rehearsed.stepped
        ran = [event for event in rehearsed.backwards if event.reached & own]
        if len(ran) >= 2 and own == set(made.parameters) and _is_never_told(made):
            yield rehearsed.finding(
                "TW715", ran[0].site,
                note("backward ran {count} times, and this {kind} made no step", count=len(ran), kind=made.kind),
                why=note("backward only computes the gradients; {kind}.step() changes the weights", kind=made.kind),
                fix=note("{code} after backward", code="optimizer.step()"),
            )  # fmt: skip


def _is_never_told(made: OptimizerMade) -> bool:
    """Whether the variable of an optimizer is used, but not for a step, nor by anything that might do it."""
    source, node = made.site.source, made.site.node
    statement = source.statement_of(node) if source is not None and node is not None else None
    if source is None or not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    for use in ast.walk(source.tree):
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
            around = source.parents[use]
            is_other = isinstance(around, ast.Attribute) and around.attr != "step"
            is_schedule = isinstance(around, ast.Call) and ast.unparse(around.func).endswith(SCHEDULERS)
            if not is_other and not is_schedule:
                return False
    return True


def _updated_by_hand(rehearsed: Rehearsed) -> bool:
    for op in rehearsed.record.ops:
        if op.is_in_place and op.inputs and op.module is None and not op.grad_enabled:
            if any(found.parameter is not None for found in lineage(op.inputs[0])):
                return True
    return False


def other_parameters(rehearsed: Rehearsed) -> Iterator[Finding]:
    """An optimizer that never gets a gradient, while the loss has some for others."""
    reached = frozenset().union(*(event.reached for event in rehearsed.backwards))
    held = frozenset().union(*(step.parameters for step in rehearsed.steps))
    first: dict[Key, Step] = {}
    for step in rehearsed.steps:
        first.setdefault(step.optimizer, step)
    for key, step in first.items():
        made = next((event for event in rehearsed.optimizers_made if event.optimizer == key), None)
        forgotten = [item for item in reached - held if rehearsed.is_model_parameter(item)]
        unused = frozenset(step.parameters) - reached
        if not unused or not forgotten or made is None:
            continue
        if unused != frozenset(step.parameters) and not _are_old(rehearsed, unused):
            continue
        names = [rehearsed.record.parameter_name(item) for item in sorted(forgotten)]
        yield rehearsed.finding(
            "TW716", step.site,
            note("the loss gives gradients to {names}, which {optimizer} doesn't hold", names=_listed(names),
                 optimizer=_optimizer(rehearsed, key)),
            why=note("{count} of the {all} tensors that it holds never get a gradient: they belong to another or an "
                     "earlier model", count=len(unused), all=len(step.parameters)),
            fix=note("build the optimizer from the parameters of the model that is trained, after its last change"),
            mend=made.site,
        )  # fmt: skip


def _are_old(rehearsed: Rehearsed, keys: frozenset[Key]) -> bool:
    """Whether parameters belong to none of the modules that were called."""
    return not any(rehearsed.is_model_parameter(key) for key in keys)


def no_gradient(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Parameters of an optimizer that the loss depends on, but only through a cut of the graph."""
    if not rehearsed.backwards:
        return
    found = next(((e, leaf) for e in rehearsed.backwards if (leaf := _new_leaf(rehearsed, e)) is not None), None)
    if found is not None:
        event, leaf = found
        yield rehearsed.finding(
            "TW718", event.site, note("backward leads to a tensor that has no graph: no weight gets a gradient"),
            why=note("torch.tensor(...), .data, .item() and .detach() give new tensors that know nothing of the model; "
                     "requires_grad=True doesn't bring the graph back"),
            fix=note("compute the loss from the outputs of the model themselves: {code} keeps the graphs of a list",
                     code="torch.stack(losses)"),
            mend=leaf.site,
        )  # fmt: skip
        return
    reached = frozenset().union(*(event.reached for event in rehearsed.record.of(Backward)))
    held = frozenset().union(*(step.parameters for step in rehearsed.steps))
    told: set[int] = set()
    for event in rehearsed.backwards:
        for root in event.roots:
            for cut, lost in _cuts(rehearsed, root, held - reached):
                if id(cut) not in told:
                    told.add(id(cut))
                    yield _cut(rehearsed, event, cut, lost)


def _new_leaf(rehearsed: Rehearsed, event: Backward) -> Op | None:
    """The new tensor at which a backward ends, where the next step finds no gradient at all because of it."""
    if event.is_leaf:
        return event.roots[0]
    step = next((item for item in rehearsed.steps if item.at > event.at), None)
    if step is None or event.reached & rehearsed.stepped or any(step.norms.values()):
        return None
    leaves = [op for root in event.roots for op in lineage(root, with_grad=True) if op.name in NEW and has_grad(op)]
    return leaves[0] if leaves else None


def _cuts(rehearsed: Rehearsed, root: Op, lost: frozenset[Key]) -> Iterator[tuple[Op, frozenset[Key]]]:
    """The operations at which the graph ends though their operands have one, with the lost parameters behind them."""
    if not lost:
        return
    for op in lineage(root):
        given = [item for item in op.inputs if has_grad(item)]
        is_cut = op.fact is not None and not op.fact.requires_grad and op.fact.dtype.is_floating_point
        if is_cut and given and op.grad_enabled:
            behind = {found.parameter for item in given for found in lineage(item) if found.parameter is not None}
            if behind & lost:
                yield op, frozenset(behind & lost)


def _cut(rehearsed: Rehearsed, event: Backward, cut: Op, lost: frozenset[Key]) -> Finding:
    names = [rehearsed.record.parameter_name(item) for item in sorted(lost)]
    return rehearsed.finding(
        "TW718", event.site,
        note("{names} get no gradient: {cut} cuts the graph between them and the loss", names=_listed(names),
             cut=cut.site.text or cut.name),
        why=note("the optimizer holds them, and no step ever changes them"),
        fix=note("go on with the tensor itself, without .{name}", name=cut.name), mend=cut.site,
    )  # fmt: skip


def unreached(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Parameters of an optimizer whose layers run in the training, and which no loss reaches."""
    lost = rehearsed.stepped - {key for event in rehearsed.record.of(Backward) for key in event.reached}
    if not lost or not rehearsed.backwards:
        return
    for op in rehearsed.record.ops:
        is_left = op.name in ("numpy", "tolist", "__array__")
        is_off = op.name != "detach" and not op.grad_enabled and op.training and op.module is not None
        if not (is_left or is_off) or op.module is None:
            continue
        behind = {found.parameter for found in lineage(op) if found.parameter is not None} & lost
        if behind:
            names = [rehearsed.record.parameter_name(item) for item in sorted(behind)]
            yield rehearsed.finding(
                "TW718", op.site,
                note("{names} get no gradient: {cut} cuts the graph between them and the loss", names=_listed(names),
                     cut=op.site.text or op.name) if is_left
                else note("{names} get no gradient: their layer runs without one, in torch.no_grad()",
                          names=_listed(names)),
                why=note("the optimizer holds them, and no step ever changes them"),
                fix=note("stay in torch until the loss") if is_left
                else note("take no_grad away, if they are to learn"),
                sure=is_left,
            )  # fmt: skip
            return


def without_optimizer(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Parameters that get gradients and that no optimizer holds, in a model of which one holds others."""
    for call in rehearsed.calls:
        own = set(rehearsed.record.module_info[call.module].parameters)
        left = (own & rehearsed.reached) - rehearsed.stepped
        if left and own & rehearsed.stepped:
            names = [rehearsed.record.parameter_name(item) for item in sorted(left)]
            yield rehearsed.finding(
                "TW716", call.site, note("{names} get gradients, and no optimizer holds them", names=_listed(names)),
                why=note("they stay as they were initialised"),
                fix=note("hand them to the optimizer, or freeze them: requires_grad_(False)"),
                mend=rehearsed.optimizers_made[0].site if rehearsed.optimizers_made else None, sure=False,
            )  # fmt: skip
            return


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f", ... ({len(names)})" if len(names) > 3 else "")


def kept_graphs(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Losses that are kept with their graph, step by step."""
    worst = max(rehearsed.backwards, key=lambda event: event.kept, default=None)
    if worst is not None and worst.kept >= FEWEST:
        yield rehearsed.finding(
            "TW723", worst.site,
            note("{count} losses of earlier steps are still held with their graphs", count=worst.kept),
            why=note("each keeps what its step computed: the memory grows until it is full"),
            fix=note("keep the number: {code}", code="loss.item()"),
            mend=_keeper(rehearsed, worst),
        )  # fmt: skip
        return
    for op in rehearsed.record.ops:
        chain = _chain(rehearsed, op)
        if chain >= FEWEST:
            yield rehearsed.finding(
                "TW723", op.site, note("the sum of {count} losses still holds the graph of each", count=chain),
                why=note("each keeps what its step computed: the memory grows until it is full"),
                fix=note("add the number: {code}", code="loss.item()"),
            )  # fmt: skip
            return


def _chain(rehearsed: Rehearsed, op: Op) -> int:
    """How many losses a running sum holds that a backward has been through already."""
    count, here = 0, op
    while here.name == "add" and has_grad(here) and here.inputs and here.fact is not None and not here.fact.shape:
        walked = [item for item in here.inputs if rehearsed.walked_at.get(id(item), here.at + 1) < here.at]
        before = [item for item in here.inputs if item.name == "add" and item.site.line == here.site.line]
        if not walked:
            break
        count += 1
        if not before:
            break
        here = before[0]
    return count


def _keeper(rehearsed: Rehearsed, event: Event) -> object:
    """The line that appends the loss to a list."""
    source, line = event.site.source, event.site.line
    for node in ast.walk(source.tree) if source is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            if (
                node.args
                and isinstance(node.args[0], ast.Name)
                and "loss" in node.args[0].id
                and node.lineno > line - 15
            ):
                from torchwise.finding import Mend

                return Mend(file=event.site.file, line=node.lineno)
    return None


def _optimizer(rehearsed: Rehearsed, key: Key) -> str:
    return rehearsed.record.names.get(("optimizer", key), "optimizer")


RULES = (
    never_cleared, cleared_too_early, never_stepped, other_parameters, no_gradient, kept_graphs,
    unreached, without_optimizer,
)  # fmt: skip
