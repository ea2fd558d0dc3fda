"""The network itself: unregistered layers, one layer instead of many, units that never answer, swapped axes, masks."""

from collections.abc import Iterator

import torch

from torchwise.doctor.bindings import attribute_bindings
from torchwise.doctor.source import class_nodes
from torchwise.doctor.syntax import methods_first_init
from torchwise.finding import Finding, Mend, Words
from torchwise.rehearsal.checks.words import seen
from torchwise.rehearsal.lineage import has_grad, lineage, origin, shape
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Call, Key, Op
from torchwise.rehearsal.watch.mode import flat
from torchwise.texts import note

RECURRENT = {"LSTM", "GRU", "RNN", "TransformerEncoder", "TransformerEncoderLayer", "MultiheadAttention"}
FORBIDDING = -1e3  # a score this low, put where a mask is true, takes a position out


def unregistered(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Layers that run inside a model which has not registered them: those of a plain list or dict."""
    held = {key for step in rehearsed.steps for key in step.parameters}
    reached = {key for event in rehearsed.backwards for key in event.reached}
    told: set[object] = set()
    for call in rehearsed.record.of(Call):
        info = rehearsed.record.module_info[call.module]
        lost = [key for key in info.own if key in reached and key not in held]
        if call.depth == 0 or info.path or not lost or not held:
            continue
        mend = _plain_list(rehearsed, call.module) or info.built or call.site
        if mend in told:
            continue
        told.add(mend)
        yield rehearsed.finding(
            "TW717", call.site,
            note("the {kind} that runs here is registered in no module: its {count} parameters are in no optimizer",
                 kind=info.kind, count=len(lost)),
            why=note("layers in a plain list or dict are not found by parameters(), to() and state_dict()"),
            fix=note("put them into nn.ModuleList([...]) or nn.ModuleDict({{...}})"), mend=mend,
        )  # fmt: skip


def _plain_list(rehearsed: Rehearsed, module: Key) -> Mend | None:
    """Where the plain list or dict is made in which an attribute of a module keeps another module."""
    part = rehearsed.record.modules.get(module)
    for key in rehearsed.record.module_info if part is not None else ():
        owner = rehearsed.record.modules.get(key)
        own = vars(owner) if owner is not None else {}
        for name in own.keys() - vars(torch.nn.Module()).keys():
            held = [item for item in flat(own[name]) if isinstance(item, torch.nn.Module)]
            if any(inside is part for item in held for inside in item.modules()):
                return _assigned(type(owner), name)
    return None


def _assigned(owner: type, name: str) -> Mend | None:
    """The line that first gives an attribute to the objects of a class."""
    for source, definition in class_nodes(owner):
        for method in methods_first_init(definition):
            for binding in attribute_bindings(method, "self", name):
                return Mend(file=source.file, line=getattr(binding.statement, "lineno", 1))
    return None


def one_layer_many_times(rehearsed: Rehearsed) -> Iterator[Finding]:
    """[layer] * n: the same layer in each place of a list."""
    for info in rehearsed.record.module_info.values():
        if info.copies > 1 and rehearsed.numel(info):
            yield rehearsed.finding(
                "TW738", info.built or rehearsed.calls[0].site,
                note("{path} is one {kind} that stands {count} times in its list", path=info.path, kind=info.kind,
                     count=info.copies),
                why=note("all places share the same weights: the model has a fraction of the parameters it was "
                         "meant to have"),
                fix=note("build each anew: [{kind}(...) for _ in range({count})]", kind=info.kind, count=info.copies),
            )  # fmt: skip


def dead_units(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A ReLU that gives 0 for every value of every batch."""
    dead: dict[object, list[Op]] = {}
    for op in rehearsed.record.ops:
        if op.name == "relu" and op.stats is not None and shape(op):
            dead.setdefault((op.site.file, op.site.line, op.site.lasti, op.module), []).append(op)
    for ops in dead.values():
        if len(ops) >= 2 and all(op.stats is not None and op.stats.zeros == 1.0 for op in ops):
            yield rehearsed.finding(
                "TW732", ops[0].site, note("every output of this relu is 0, in all {count} calls", count=len(ops)),
                why=note("where a relu gives 0 no gradient flows: no layer before it can learn"),
                fix=note("look at the values before it: inputs, initial weights and biases, learning rate"),
                mend=rehearsed.place_of(ops[0]), seen=seen("relu", ops[0]),
            )  # fmt: skip


def zero_weights(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Weights that begin at 0 and whose gradients stay 0."""
    if len(rehearsed.backwards) < 2:
        return
    stuck = []
    for key, info in rehearsed.record.parameter_info.items():
        norms = [event.norms[key] for event in rehearsed.backwards if key in event.norms]
        if info.is_zero and len(info.shape) >= 2 and len(norms) >= 2 and not any(norms):
            stuck.append(info)
    if stuck:
        yield rehearsed.finding(
            "TW733", rehearsed.backwards[0].site,
            note("{name} begins at 0, and its gradient is 0 in every step", name=stuck[0].name or stuck[0].shape),
            why=note("with two layers of zeros each hides the other's gradient: neither ever changes"),
            fix=note("keep torch's own initial values, or nn.init.kaiming_uniform_(weight); biases may be 0"),
            mend=_filler(rehearsed),
        )  # fmt: skip


def _filler(rehearsed: Rehearsed) -> object:
    fills = [op for op in rehearsed.record.ops if op.name in ("zeros", "zero", "fill", "constant", "mul")]
    inside = [op for op in fills if op.inputs and op.inputs[0].parameter is not None and len(shape(op)) >= 2]
    return inside[0].site if inside else None


def same_answer(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A trained model that gives every sample the same output."""
    by_module: dict[int, list[Call]] = {}
    for call in rehearsed.calls:
        if rehearsed.is_trained(call.module) and call.inputs and call.outputs:
            by_module.setdefault(call.module, []).append(call)
    for calls in by_module.values():
        last = [call for call in calls[2:] if call.outputs[0].stats is not None]
        is_known = not any(op.name == "given" and has_grad(op) for call in last for op in lineage(call.outputs[0]))
        if len(last) >= 2 and all(_is_repeated(call) for call in last):
            yield rehearsed.finding(
                "TW743", last[0].site, note("the model gives all samples of a batch the same output"),
                why=note("its output no longer depends on its input, so that nothing but the bias can be learned"),
                fix=note("look for dead layers, values set to 0, or an input that is not used"),
                seen=seen("output", last[0].outputs[0]), sure=is_known,
            )  # fmt: skip


def _is_repeated(call: Call) -> bool:
    output, given = call.outputs[0], origin(call.inputs[0])
    is_varied = given.stats is None or (given.stats.std > 0 and not given.stats.is_repeated)
    return output.stats is not None and output.stats.is_repeated and is_varied and len(shape(output)) >= 1


def swapped_axes(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A recurrent or attention layer that takes the samples of a batch for the steps of a sequence."""
    told = set()
    for call in rehearsed.record.of(Call):
        info = rehearsed.record.module_info[call.module]
        if info.kind not in RECURRENT or call.module in told or not call.inputs or len(shape(call.inputs[0])) != 3:
            continue
        path = [item for item in rehearsed.record.of(Call) if item.began <= call.began and item.ended >= call.ended]
        if any(rehearsed.record.module_info[item.module].kind in RECURRENT for item in path if item is not call):
            continue
        batch_first = info.settings.get("batch_first", rehearsed.batch_first(call.module))
        rows = rehearsed.rows(call.inputs[0])
        if batch_first is False and rows == 0:
            told.add(call.module)
            yield _swapped(rehearsed, call, info.kind, "batch_first=True", info.built)
        elif batch_first is True and rows == 1:
            told.add(call.module)
            yield _swapped(rehearsed, call, info.kind, note("leave out the transposing"), call.inputs[0].site)


def _swapped(rehearsed: Rehearsed, call: Call, kind: str, fix: Words, place: object) -> Finding:
    given = call.inputs[0]
    return rehearsed.finding(
        "TW741", call.site,
        note("{kind} gets {shape} and takes the samples of the batch for the steps of a sequence", kind=kind,
             shape=shape(given)),
        why=note("the samples of a batch influence each other, and the steps of a sequence don't"),
        fix=fix, mend=place, seen=seen("input", given),
    )  # fmt: skip


def inverted_mask(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A mask that is true at the real tokens, used where true means "leave out"."""
    for op in rehearsed.record.ops:
        if op.name == "masked_fill" and len(op.args) >= 3 and isinstance(op.args[2], int | float):
            mask = op.args[1]
            if op.args[2] > FORBIDDING or not isinstance(mask, Op):
                continue
            source = _unexpanded(mask)
            if _marks_real(source):
                yield rehearsed.finding(
                    "TW740", op.site,
                    note("the mask is true at the tokens that are there, and takes them out of the attention"),
                    why=note("in masked_fill, key_padding_mask and attn_mask true means: leave this position out"),
                    fix=note("turn it round: {code}", code="~mask"), mend=source.site, seen=seen("mask", mask),
                )  # fmt: skip
                return


def inverted_boolean_mask(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The same for scaled_dot_product_attention, in which true means "take part"."""
    for op in rehearsed.record.ops:
        mask = op.given(3, "attn_mask") if op.name == "scaled_dot_product_attention" else None
        if not isinstance(mask, Op) or mask.fact is None or mask.fact.dtype != torch.bool:
            continue
        source = _unexpanded(mask)
        is_future = source.name == "triu" and source.given(1, "diagonal", 0) == 1
        if is_future or (source.name == "eq" and _compares_tokens(source)):
            yield rehearsed.finding(
                "TW740", op.site, note("the mask is true at what is to be left out, and lets only that take part"),
                why=note("in scaled_dot_product_attention true means: take part; elsewhere it means: leave out"),
                fix=note("turn it round: {code}", code="~mask"), mend=source.site, seen=seen("mask", mask),
            )  # fmt: skip
            return


def _compares_tokens(op: Op) -> bool:
    """Whether it is tokens == 0 or tokens != 0: whole numbers compared with a constant."""
    first = op.args[0]
    is_whole = isinstance(first, Op) and first.fact is not None and first.fact.dtype in (torch.int64, torch.int32)
    return is_whole and len(op.args) > 1 and isinstance(op.args[1], int)


def _unexpanded(op: Op) -> Op:
    op = origin(op)
    while op.name in ("expand", "bool", "getitem", "expand_as", "repeat") and isinstance(op.args[0], Op):
        op = origin(op.args[0])
    return op


def _marks_real(op: Op) -> bool:
    """Whether it is tokens != 0, positions < lengths, or the lower triangle."""
    if op.name == "ne":
        return _compares_tokens(op)
    if op.name in ("lt", "gt") and len(op.inputs) == 2:
        left = _unexpanded(op.inputs[0 if op.name == "lt" else 1])
        return left.name == "arange" and _unexpanded(op.inputs[1 if op.name == "lt" else 0]).name != "arange"
    return op.name == "tril" and not op.given(1, "diagonal", 0)


RULES = (
    unregistered, one_layer_many_times, dead_units, zero_weights, same_answer, swapped_axes, inverted_mask,
    inverted_boolean_mask,
)  # fmt: skip
