"""The network itself: unregistered layers, one layer instead of many, units that never answer."""

import ast
from collections.abc import Iterator

import torch

from torchwise.doctor.bindings import attribute_bindings
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import methods_first_init
from torchwise.finding import Finding, Mend, Place
from torchwise.rehearsal.checks.words import seen
from torchwise.rehearsal.lineage import has_grad, lineage, origin, shape
from torchwise.rehearsal.reading.unrolled import place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Call, Key, Op
from torchwise.rehearsal.watch.mode import flat
from torchwise.rehearsal.watch.registry import ModuleInfo
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import note


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
                "TW738", _repetition(rehearsed, info) or info.built or rehearsed.calls[0].site,
                note("{path} is one {kind} that stands {count} times in its list", path=info.path, kind=info.kind,
                     count=info.copies),
                why=note("all places share the same weights: the model has a fraction of the parameters it was "
                         "meant to have"),
                fix=note("build each anew: [{kind}(...) for _ in range({count})]", kind=info.kind, count=info.copies),
            )  # fmt: skip


def _repetition(rehearsed: Rehearsed, info: ModuleInfo) -> Place | None:
    """The [layer] * n that repeats a layer: the one around a call that built it, or around its variable."""
    lines = {(site.file, site.line) for site in (info.built, *info.built.outer)} if info.built is not None else set()
    for source in rehearsed.program.sources:
        for node in ast.walk(source.tree):
            for item in _repeated(node):
                spot = Spot(source, item)
                born = rehearsed.program.flow.born(spot)
                if (born.file, born.line) in lines and isinstance(born.node, ast.Call):
                    return place(Spot(source, node))
    return None


def _repeated(node: ast.AST) -> list[ast.expr]:
    """What [a, b] * n and [a for _ in range(n)] repeat without building it anew."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [
            item for side in (node.left, node.right) if isinstance(side, ast.List | ast.Tuple) for item in side.elts
        ]
    if isinstance(node, ast.ListComp | ast.GeneratorExp) and isinstance(node.elt, ast.Name | ast.Attribute):
        return [node.elt]
    return []


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
                mend=_shut_by(rehearsed, ops[0]) or rehearsed.place_of(ops[0]), seen=seen("relu", ops[0]),
            )  # fmt: skip


def _shut_by(rehearsed: Rehearsed, relu: Op) -> Site | None:
    """The line that filled a weight or bias of the layer before a relu with a negative number."""
    layer = origin(relu.args[0]) if relu.args and isinstance(relu.args[0], Op) else relu
    own = {item.parameter for item in layer.inputs if item.parameter is not None}
    for op in reversed(rehearsed.record.ops[: rehearsed.position(relu)]):
        value = op.given(1, "val", op.given(1, "value"))
        if op.name in ("constant", "fill") and isinstance(value, int | float) and value < 0:
            filled = op if op.parameter is not None else origin(op.inputs[0]) if op.inputs else op
            if filled.parameter in own:
                return op.site
    return None


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


RULES = (unregistered, one_layer_many_times, dead_units, zero_weights, same_answer)
