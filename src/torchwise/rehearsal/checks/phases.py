"""Training and validation: the wrong mode, the wrong data, state that is thrown away or not loaded."""

import ast
import re
from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import EPOCHS
from torchwise.rehearsal.lineage import has_grad, lineage
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Call, Key, Loaded, Mode, Op, OptimizerMade, Step
from torchwise.rehearsal.watch.registry import ModuleInfo
from torchwise.texts import note

HELD_OUT = re.compile(r"(^|_|\b)(val|valid|validation|test|dev|eval|holdout)", re.I)
TRAIN = re.compile(r"train", re.I)
NORMS = {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"}
DROPOUTS = {"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"}
KEEPS_STATE = {"Adam", "AdamW", "RMSprop", "Adagrad", "Adamax", "NAdam", "RAdam"}
JUDGING = {"argmax", "max", "topk", "eq", "gt", "ge", "sub", "round", "softmax", "sigmoid", "sum", "mean"}


def is_moody(info: ModuleInfo) -> bool:
    """Whether a layer does something else in eval mode."""
    return info.kind in NORMS or (info.kind in DROPOUTS and bool(info.settings.get("p")))


def moody(rehearsed: Rehearsed, module: Key) -> list[str]:
    """The layers of a model that do something else in eval mode."""
    return sorted({info.kind for info in rehearsed.parts(module) if is_moody(info)})


def validated_in_train_mode(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Held-out data goes through the model while its dropout and batch norm are in train mode."""
    told = set()
    for call in rehearsed.calls:
        kinds = moody(rehearsed, call.module) if call.training and _is_evaluation(rehearsed, call) else []
        if not kinds or call.site in told or "update_bn" in call.site.text or not _is_judged(rehearsed, call):
            continue
        told.add(call.site)
        name = rehearsed.record.module_info[call.module].path
        yield rehearsed.finding(
            "TW720", call.site,
            note("{name} is evaluated in train mode, with {kinds}", name=name, kinds=", ".join(kinds)),
            why=note("dropout falsifies the outputs, and batch norm takes its statistics from, and adapts itself to, "
                     "the data that is to be judged"),
            fix=note("{code} before it, {back} afterwards", code=f"{name}.eval()", back=f"{name}.train()"),
        )  # fmt: skip


def _is_evaluation(rehearsed: Rehearsed, call: Call) -> bool:
    """Whether a trained model is called on data that no loss is walked back from."""
    if not rehearsed.is_trained(call.module) or any(id(op) in rehearsed.trained for op in call.outputs):
        return False
    batch = rehearsed.batch_of(call)
    comes_from = {op.batch for item in call.inputs for op in lineage(item) if op.batch is not None}
    if batch is not None:
        again = [
            other for other in rehearsed.calls
            if other.module == call.module and other.batch == call.batch and other.at != call.at
        ]  # fmt: skip
        return bool(comes_from) and (batch.loader, batch.turn) not in rehearsed.training_passes and not again
    if call.grad_enabled or rehearsed.has_loaders:
        return False
    return not any(id(op) in rehearsed.ancestry for op in call.outputs)


def _is_judged(rehearsed: Rehearsed, call: Call) -> bool:
    """Whether something is computed from the outputs; statistics for batch norm need only the call."""
    return any(rehearsed.users.get(id(op)) for op in call.outputs)


def trained_in_eval_mode(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The model is trained in eval mode after its first validation."""
    begun: dict[Key, bool] = {}
    layers = [call for call in rehearsed.record.of(Call) if is_moody(rehearsed.record.module_info[call.module])]
    for call in rehearsed.calls:
        if not any(id(op) in rehearsed.trained for op in call.outputs) or not rehearsed.is_stepped(call.module):
            continue
        parts = [part for part in layers if call.began <= part.began and part.ended <= call.ended]
        slept = [part for part in parts if begun.setdefault(part.module, part.training) and not part.training]
        kinds = sorted({rehearsed.record.module_info[part.module].kind for part in slept})
        if kinds and not call.training:
            name = rehearsed.record.module_info[call.module].path
            switch = next((e for e in rehearsed.record.of(Mode) if e.module == call.module and not e.training), None)
            yield rehearsed.finding(
                "TW722", call.site,
                note("after its first evaluation {name} is trained in eval mode, with {kinds}", name=name,
                     kinds=", ".join(kinds)),
                why=note("dropout no longer works, and batch norm no longer learns its statistics"),
                fix=note("{code} at the beginning of each epoch", code=f"{name}.train()"),
                mend=switch.site if switch is not None else None,
            )  # fmt: skip
            return


def graph_in_validation(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The graph is built for held-out data too."""
    for call in rehearsed.calls:
        if _is_evaluation(rehearsed, call) and any(map(has_grad, call.outputs)) and _is_judged(rehearsed, call):
            yield rehearsed.finding(
                "TW721", call.site, note("the evaluation keeps what backward would need"),
                why=note("nothing is walked back here; it costs memory and time"),
                fix="with torch.no_grad():", sure=False,
            )  # fmt: skip
            return


def learned_from_held_out(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The same optimizer steps on a loader that is named after held-out data, and on one for training."""
    names: dict[Key, dict[str, Step]] = {}
    for step in rehearsed.steps:
        batch = rehearsed.batch_of(step)
        if batch is not None:
            names.setdefault(step.optimizer, {}).setdefault(rehearsed.loader_name(batch.loader), step)
    for found in names.values():
        for name, step in found.items():
            if HELD_OUT.search(name) and any(TRAIN.search(other) for other in found if other != name):
                yield rehearsed.finding(
                    "TW724", step.site, note("the weights are changed on the batches of {name}", name=name),
                    why=note("what the model has been trained on can't tell how good it is"),
                    fix=note("no backward and no step in the evaluation"),
                )  # fmt: skip


def same_samples(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Held-out data that was trained on."""
    last: Batch | None = None
    told = set()
    for batch in rehearsed.record.of(Batch):
        if (batch.loader, batch.turn) in rehearsed.training_passes:
            last = batch
            continue
        if last is None or batch.loader in told or batch.loader == last.loader:
            continue
        told.add(batch.loader)
        share, name = _shared(rehearsed, last.loader, batch.loader), rehearsed.loader_name(batch.loader)
        if share >= 0.5:
            yield rehearsed.finding(
                "TW725", batch.site,
                note("{percent} % of the samples of {name} are in {train} too", percent=round(100 * share), name=name,
                     train=rehearsed.loader_name(last.loader)),
                why=note("the model has seen them: what it gets right there says nothing about new data"),
                fix=note("split first, then give each loader its own part: {code}",
                         code="random_split(dataset, [0.8, 0.2])"),
                mend=rehearsed.loader_built(batch.loader), sure=bool(HELD_OUT.search(name)),
            )  # fmt: skip


def _shared(rehearsed: Rehearsed, train: Key, other: Key) -> float:
    """The share of a loader's samples that the other has too."""
    one, two = rehearsed.record.loader_info[train], rehearsed.record.loader_info[other]
    if one.data == two.data and one.indices and two.indices:
        return len(one.indices & two.indices) / len(two.indices)
    seen = {item for batch in rehearsed.record.of(Batch) if batch.loader == train for item in batch.samples}
    held = {item for batch in rehearsed.record.of(Batch) if batch.loader == other for item in batch.samples}
    first = next(batch for batch in rehearsed.record.of(Batch) if batch.loader == other)
    size = 1
    for length in first.tensors[0].fact.shape[1:] if first.tensors and first.tensors[0].fact else ():
        size *= length
    return len(seen & held) / len(held) if held and size >= 4 else 0.0


def optimizer_made_again(rehearsed: Rehearsed) -> Iterator[Finding]:
    """An optimizer with a memory that is built anew in each epoch."""
    last: dict[object, OptimizerMade] = {}
    for made in rehearsed.optimizers_made:
        key = (made.site.file, made.site.line, frozenset(made.parameters))
        before, last[key] = last.get(key), made
        if before is None or made.kind not in KEEPS_STATE:
            continue
        between = rehearsed.record.events[before.at : made.at]
        steps = [event for event in between if isinstance(event, Step) and event.optimizer == before.optimizer]
        after = next((event for event in rehearsed.steps if event.optimizer == made.optimizer), None)
        if after is not None and steps and _is_next_epoch(rehearsed, steps, after, made):
            yield rehearsed.finding(
                "TW734", made.site.beside(after.site),
                note("{kind} is built anew for the same parameters in every epoch", kind=made.kind),
                why=note("its averages of the gradients begin at 0 again: each epoch starts with wild steps"),
                fix=note("build it once, before the loop"),
            )  # fmt: skip
            return


def _is_next_epoch(rehearsed: Rehearsed, steps: list[Step], after: Step, made: OptimizerMade) -> bool:
    """Whether a step goes on where the steps of another optimizer ended: with the next pass over the same loader."""
    turns = {(batch.loader, batch.turn) for step in steps if (batch := rehearsed.batch_of(step)) is not None}
    batch = rehearsed.batch_of(after)
    if batch is not None:
        return len(turns) == 1 and (batch.loader, batch.turn) in {
            (loader, turn + offset) for loader, turn in turns for offset in (0, 1)
        }  # fmt: skip
    loop = next(iter(made.site.loops), None)
    is_epochs = isinstance(loop, ast.For) and EPOCHS.search(ast.unparse(loop.target)) is not None
    return is_epochs and len(steps) > 1 and steps[0].rates == after.rates


def loads_nothing(rehearsed: Rehearsed) -> Iterator[Finding]:
    """strict=False, and not one name fits."""
    for event in rehearsed.record.of(Loaded):
        if not event.strict and event.num_given and event.num_own and not event.num_matched:
            yield rehearsed.finding(
                "TW735", event.site,
                note("none of the {count} names in the file fits the model: nothing was loaded", count=event.num_given),
                why=note("the file has {given}, the model {own}; strict=False passes over that in silence",
                         given=event.example_given, own=event.example_own),
                fix=note("bring the names into the same form, and leave strict=False out"),
            )  # fmt: skip


def dropout_in_eval_mode(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Functional dropout that doesn't know of eval mode."""
    told = set()
    for op in rehearsed.record.ops:
        if op.name in ("dropout", "dropout2d", "dropout1d", "alpha_dropout", "feature_dropout") and op.site not in told:
            info = rehearsed.record.module_info.get(op.module) if op.module is not None else None
            if info is None or op.given(1, "p", 0.5) == 0:
                continue
            is_default = op.training is False and not info.is_torch and _is_unsaid(op)
            if is_default or _is_made_while_running(rehearsed, op):
                told.add(op.site)
                yield _active_dropout(rehearsed, op)


def _is_unsaid(op: Op) -> bool:
    """Whether the call says nothing about training."""
    call = op.site.node
    return isinstance(call, ast.Call) and len(call.args) < 3 and all(k.arg != "training" for k in call.keywords)


def _is_made_while_running(rehearsed: Rehearsed, op: Op) -> bool:
    """Whether nn.Dropout was built in `forward`: it is always in train mode."""
    assert op.module is not None
    info = rehearsed.record.module_info[op.module]
    if info.kind not in DROPOUTS or info.path:
        return False
    return any(
        call.began <= rehearsed.position(op) < call.ended and not call.training for call in rehearsed.calls
    ) and info.built is not None and info.built.function == "forward"  # fmt: skip


def _active_dropout(rehearsed: Rehearsed, op: Op) -> Finding:
    return rehearsed.finding(
        "TW736", op.site, note("dropout goes on in eval mode: it isn't told of it"),
        why=note("F.dropout takes training=True where nothing is said; every evaluation gives other outputs"),
        fix=note("{code}, or an nn.Dropout built in __init__", code="F.dropout(x, p, training=self.training)"),
    )  # fmt: skip


RULES = (
    validated_in_train_mode, trained_in_eval_mode, graph_in_validation, learned_from_held_out, same_samples,
    optimizer_made_again, loads_nothing, dropout_in_eval_mode,
)  # fmt: skip
