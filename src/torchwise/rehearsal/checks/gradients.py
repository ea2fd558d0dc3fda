"""What gradients reach: parameters that no optimizer holds, and those that it holds and no loss reaches."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.lineage import has_grad, lineage
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Backward, Key, Op, OptimizerMade, Step
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import note

NEW = {"tensor", "as_tensor", "from_numpy", "requires_grad", "Variable"}  # what gives a tensor without a graph


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
        later = _built_later(rehearsed, made, forgotten)
        yield rehearsed.finding(
            "TW716", step.site if later is None else later,
            note("the loss gives gradients to {names}, which {optimizer} doesn't hold", names=_listed(names),
                 optimizer=rehearsed.optimizer_name(key)),
            why=note("{count} of the {all} tensors that it holds never get a gradient: they belong to another or an "
                     "earlier model", count=len(unused), all=len(step.parameters)) if later is None
            else note("the optimizer was built in line {before}; the layers that are trained were put in only "
                      "afterwards, in line {line}", before=made.site.line, line=later.line),
            fix=note("build the optimizer from the parameters of the model that is trained, after its last change"),
            mend=made.site,
        )  # fmt: skip


def _built_later(rehearsed: Rehearsed, made: OptimizerMade, forgotten: list[Key]) -> Site | None:
    """The line behind that of the optimizer, in the same function, that builds the layers which it doesn't hold."""
    for info in rehearsed.record.module_info.values():
        if info.built is not None and set(info.own) & set(forgotten):
            here, there = info.built.beside(made.site), made.site.beside(info.built)
            if here.code is there.code and here.line > there.line:
                return here
    return None


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


RULES = (other_parameters, no_gradient, unreached, without_optimizer)
