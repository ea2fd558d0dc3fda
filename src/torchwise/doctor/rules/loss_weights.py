"""Weights of the classes in a loss that are not as many as the classes."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.casts import with_argument
from torchwise.doctor.births.counts import count_change
from torchwise.doctor.births.criterion import argument
from torchwise.doctor.births.labels import lineage, whole
from torchwise.doctor.births.loss import BINARY, CLASSES, Loss, loss_of
from torchwise.doctor.births.words import INTEGERS, named
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.rules.label_dtypes import loss_text, shown
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of
from torchwise.doctor.tracing.fitting import broadcast
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

COUNTS = {"bincount", "value_counts", "unique", "Counter", "histc"}


def weights_of_another_length(case: Case) -> Iterator[Finding]:
    """TW604: weight or pos_weight has not one number for each class; TW401: it has another dtype."""
    loss = loss_of(case)
    if loss is None or loss.name not in CLASSES | BINARY | {"multi_margin_loss"}:
        return
    for name in ("weight", "pos_weight"):
        weight = loss.given(name)
        if not isinstance(weight, Tensor):
            continue
        if _is_wrong(loss, weight) and re.search(r"weight|broadcast|size|shape", case.text):
            yield from _explained(case, loss, name, weight)
            return
        if weight.dtype != loss.output.dtype and re.search(r"scalar type|dtype", case.text) and loss.name in CLASSES:
            yield from _of_dtype(case, loss, name, weight)
            return


def _is_wrong(loss: Loss, weight: Tensor) -> bool:
    if loss.name in CLASSES or loss.name == "multi_margin_loss":
        return tuple(weight.shape) != (loss.classes,)
    return broadcast(tuple(weight.shape), tuple(loss.output.shape)) != tuple(loss.output.shape)


def _explained(case: Case, loss: Loss, name: str, weight: Tensor) -> Iterator[Finding]:
    """The likeliest of: the weights, the outputs."""
    output = tuple(loss.output.shape)
    wanted = loss.classes if loss.name in CLASSES else output[-1] if output else 1
    count = weight.numel()
    what = note("{name} of {loss} has {count} numbers, the output {output} has {wanted} classes",
                name=name, loss=loss_text(loss), count=count, output=shape_text(output), wanted=wanted)  # fmt: skip
    if count in (output[0], len(whole_labels(case, loss))) and count != wanted and loss.name in CLASSES:
        why = note(
            '{name} is one number for each class; for one each sample: reduction="none", then multiply', name=name
        )
    else:
        why = note("{name} holds one number for each class of the output", name=name)
    spot = argument(case, loss, name)
    changes = list(_changes(case, loss, spot, weight, wanted))
    is_counted = spot is not None and _counting(case, spot) is not None
    if not is_counted and _labels_say(case, loss, count) and (wider := _outputs(case, loss, count)) is not None:
        changes.insert(0, (wider, note("the labels have {count} classes too", count=count)))
    for index, (change, more) in enumerate(changes):
        fix: Words = change.text
        yield case.finding("TW604", what, why=note("{why}; {more}", why=why, more=more) if str(more) else why, fix=fix,
                           mend=change.mend, sure=index == 0, seen=shown(loss))  # fmt: skip
    if not changes:
        yield case.finding(
            "TW604", what, why=why, fix=note("{wanted} numbers", wanted=wanted), mend=spot, seen=shown(loss)
        )


def whole_labels(case: Case, loss: Loss) -> Tensor:
    """All labels of the data, if they can be had; else those of the batch."""
    found = whole(case, loss.target_spot, loss.target)
    return found if found is not None else loss.target.flatten()


def _labels_say(case: Case, loss: Loss, count: int) -> bool:
    """Whether the labels have as many classes as there are weights."""
    if loss.name not in CLASSES or named(loss.target.dtype) not in INTEGERS or loss.target.device.type == "meta":
        return False
    return int(whole_labels(case, loss).max()) + 1 == count


def _outputs(case: Case, loss: Loss, count: int) -> Change | None:
    dim = 1 - loss.output.dim() if loss.output.dim() > 1 else -1
    origin = sizes_of(case).origin(loss.output_spot, dim, loss.classes)
    return (
        count_change(case, origin.layer, origin.parameter, count)
        if origin.layer is not None and origin.parameter
        else None
    )


def _changes(case: Case, loss: Loss, spot: Spot | None, weight: Tensor, wanted: int) -> Iterator[tuple[Change, Words]]:
    """The weights, as many as there are classes."""
    if spot is None:
        return
    counted = _counting(case, spot)
    if counted is not None and isinstance(counted.node, ast.Call):
        given = keyword_of(counted.node, "minlength")
        more = note("a class that no label has is not counted without minlength")
        if given is not None:
            yield replaced(counted, given, str(wanted), least=counted.node), ""
        elif call_name(counted.node) == "bincount":
            yield replaced(counted, counted.node, with_argument(counted.text, f"minlength={wanted}")), more
        else:
            inner = counted.source.text(counted.node.args[0]) if counted.node.args else counted.text
            yield replaced(counted, counted.node, f"torch.bincount({inner}, minlength={wanted})"), more
        return
    for step in lineage(case, spot):
        node, made = step.node, step.spot
        if isinstance(node, ast.List) and all(not isinstance(item, ast.Starred) for item in node.elts) and node.elts:
            texts = [made.source.text(item) for item in node.elts]
            is_binary = loss.name in BINARY and wanted == 1
            texts = texts[-1:] if is_binary else (texts + ["1.0"] * wanted)[:wanted]
            yield replaced(made, node, f"[{', '.join(texts)}]", least=made.source.parents.get(node)), ""
            return
        if isinstance(node, ast.Call) and call_name(node) in ("ones", "full", "zeros", "rand") and node.args:
            yield replaced(made, node.args[0], str(wanted), least=node), ""
            return
    born = lineage(case, spot).birth
    yield replaced(born, born.node, f"{born.text}[:{wanted}]" if weight.numel() > wanted else born.text), ""


def _counting(case: Case, spot: Spot, depth: int = 0) -> Spot | None:
    """The call that counts labels, somewhere among what the weights are computed from."""
    made = case.flow.born(spot)
    node = made.node
    if isinstance(node, ast.Call) and call_name(node) in COUNTS:
        return made
    if depth > 8:
        return None
    for operand in operands_of(node):
        if (found := _counting(case, made.at(operand, ()), depth + 1)) is not None:
            return found
    return None


def _of_dtype(case: Case, loss: Loss, name: str, weight: Tensor) -> Iterator[Finding]:
    """Weights in float64 or integers beside float32 logits."""
    spot, given, wanted = argument(case, loss, name), named(weight.dtype), named(loss.output.dtype)
    if spot is None:
        return
    what = note("{name} of {loss} is {given}, the output is {wanted}",
                name=name, loss=loss_text(loss), given=given, wanted=wanted)  # fmt: skip
    why = note("the weights are multiplied into the loss, and their dtype is not converted")
    code = "TW401" if given == "float64" else "TW409"
    yield from cast_findings(case, code, what, why, spot, (given, wanted), weight, seen=shown(loss))


RULES = (weights_of_another_length,)
