"""Logits and class labels whose shapes don't go together."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.births.choosing import is_of_data_set
from torchwise.doctor.births.fitting import Fit, at_the_line, column_maker, found_on_the_way
from torchwise.doctor.births.labels import lineage
from torchwise.doctor.births.loss import CLASSES, Loss, loss_of
from torchwise.doctor.births.modules import calls
from torchwise.doctor.births.time_first import padded_apart, time_first
from torchwise.doctor.births.words import FLOATS, named
from torchwise.doctor.case import Case
from torchwise.doctor.rules.label_dtypes import loss_text, shown
from torchwise.doctor.rules.loss_batches import cut_before_cross_entropy
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

Shape = tuple[int, ...]
ABOUT_SHAPES = re.compile(
    r"target|size mismatch|batch_size|sizes? don't match|class probabilities|multi-target|spatial", re.I
)
HIGHEST_CODE = 255  # of a colour


def fits(output: Shape, target: Shape) -> bool:
    """Whether class numbers of a shape go with logits of another: the same without the classes in dimension 1."""
    return len(output) > 0 and target == (output[:1] + output[2:] if len(output) > 1 else ())


def labels_dont_fit_the_logits(case: Case) -> Iterator[Finding]:
    """TW603 one-hot or column labels, TW606 masks of images, TW207 samples cut apart, TW602 what else doesn't fit."""
    loss = loss_of(case)
    if loss is None or loss.name not in CLASSES or not ABOUT_SHAPES.search(case.text) or not loss.output.dim():
        return
    output, target = tuple(loss.output.shape), tuple(loss.target.shape)
    is_int = named(loss.target.dtype) not in FLOATS
    if fits(output, target) or (output == target and not is_int):
        return
    if cut := list(cut_before_cross_entropy(case)):
        yield from cut
        return
    if (found := _kind(loss, output, target, is_int)) is None:
        return
    code, why = found
    what = note("{loss} gets logits {output} and labels {target}",
                loss=loss_text(loss), output=shape_text(output), target=shape_text(target))  # fmt: skip
    options = list(_options(case, loss, code, output, target)) or list(found_on_the_way(case, loss, fits))
    options.sort(key=lambda fit: fit.cost)
    for index, fit in enumerate(options[:3]):
        if fit.cost < options[0].cost + 1.2:
            yield case.finding(code, what, why=why, fix=fit.change.text, mend=fit.change.mend, sure=index == 0,
                               seen=shown(loss))  # fmt: skip
    if not options:
        yield case.finding(code, what, why=why, seen=shown(loss), sure=False)


def _kind(loss: Loss, output: Shape, target: Shape, is_int: bool) -> tuple[str, Words] | None:
    """The code, and the rule that is broken."""
    wanted = shape_text(output[:1] + output[2:]) if len(output) > 1 else "()"
    if len(output) == 2 and target == (output[0], 1):
        return "TW603", note(
            "labels are class numbers of the shape {wanted}: a column (N, 1) is a table", wanted=wanted
        )
    if is_one_hot(loss.target, output):
        return "TW603", note("labels are one class number each, of the shape {wanted} and dtype int64, not a row of zeros "
                             "and ones", wanted=wanted)  # fmt: skip
    if len(output) == 4 and len(target) >= 3 and (target[0] == output[0] and not _is_channels_last(output, target)):
        return "TW606", note("for logits (N, C, H, W) = {output} the masks hold a class number for each pixel: {wanted}",
                             output=shape_text(output), wanted=wanted)  # fmt: skip
    if len(output) == 2 and is_int and target == output:
        return "TW603", note("labels of the logits' shape are probabilities and must be floats; class numbers are {wanted}",
                             wanted=wanted)  # fmt: skip
    return "TW602", note("the classes stand in dimension 1 of the logits, so for logits {output} the labels are {wanted}",
                         output=shape_text(output), wanted=wanted)  # fmt: skip


def _is_channels_last(output: Shape, target: Shape) -> bool:
    return target == output[:3] and output[1:3] != output[2:4]


def is_one_hot(target: Tensor, output: Shape) -> bool:
    """Whether labels are rows of zeros with a single one, along the last dimension or dimension 1."""
    if target.dim() < 2 or target.device.type == "meta" or target.numel() == 0 or min(target.shape) == 0:
        return False
    if not bool(((target == 0) | (target == 1)).all()):
        return False
    dims = [d for d in (1, target.dim() - 1) if target.shape[d] > 1]
    return any(bool((target.sum(dim=d) == 1).all()) for d in dims) and target.dim() == len(output)


def _options(case: Case, loss: Loss, code: str, output: Shape, target: Shape) -> Iterator[Fit]:
    """Every change with which they would fit."""
    spot, logits = loss.target_spot, loss.output_spot
    if code == "TW603":
        yield from _of_one_hot(case, loss, output, target)
    if (fit := column_maker(case, spot)) is not None and target[-1:] == (1,):
        yield fit
    if len(target) == len(output) == 4 and target[1] == 1 and target[2:] == output[2:]:
        yield from _channel(case, spot)
    if len(output) == 4 and len(target) == 4 and target[1] == 3 and target[2:] == output[2:] and output[1] != 3:
        yield at_the_line(spot, "[:, 0]", 2.2)
    yield from _layouts(loss, output, target)
    if len(output) == 4 and output[2:] != target[-2:] and output[0] == target[0] and len(target) in (3, 4):
        yield from _resized(case, loss, target)
    yield from _shifted(case, loss)
    if (fit := time_first(case, loss, output, target) or padded_apart(case, loss, output, target)) is not None:
        yield fit
    if target == (1,) and len(output) == 1:
        yield at_the_line(logits, ".unsqueeze(0)", 1.5)


def _layouts(loss: Loss, output: Shape, target: Shape) -> Iterator[Fit]:
    """Dimensions swapped, flattened or taken away on the failing line."""
    spot, logits = loss.target_spot, loss.output_spot
    for text, shape in (
        (".transpose(1, 2)", output[:1] + output[1:3][::-1] + output[3:] if len(output) == 3 else ()),
        (".permute(0, 3, 1, 2)", (output[0], output[3], output[1], output[2]) if len(output) == 4 else ()),
        (".permute(1, 2, 0)", (output[1], output[2], output[0]) if len(output) == 3 else ()),
        (".squeeze(-1)", output[:-1] if output[-1:] == (1,) and len(output) > 2 else ()),
        (".squeeze(0)", output[1:] if output[:1] == (1,) and len(output) > 2 else ()),
        (".flatten(1)", (output[0], output[1]) if len(output) > 2 and all(size == 1 for size in output[2:]) else ()),
    ):
        if shape and fits(shape, target):
            yield at_the_line(logits, text, 1.6)
    total = 1
    for size in output[:-1]:
        total *= size
    numbers = 1
    for size in target:
        numbers *= size
    if len(output) == 2 and len(target) > 1 and numbers == output[0]:
        yield at_the_line(spot, ".flatten()", 1.5)
    if len(output) == 3 and len(target) == 1 and total == target[0]:
        yield at_the_line(logits, ".flatten(0, 1)", 1.5)
    if len(output) == 2 and output[0] == 1 and target == ():
        yield at_the_line(spot, ".unsqueeze(0)", 1.5)
    for dim in range(len(target)):
        if target[dim] == 1 and fits(output, target[:dim] + target[dim + 1 :]) and len(target) > 1:
            yield at_the_line(spot, f".squeeze({dim if dim < len(target) - 1 or dim < 2 else -1})", 1.7)


def _of_one_hot(case: Case, loss: Loss, output: Shape, target: Shape) -> Iterator[Fit]:
    """The encoding left out where it is made, else undone on the failing line."""
    if target[-1:] == (1,):
        return
    for index, step in enumerate(lineage(case, loss.target_spot).steps):
        node = step.node
        name = call_name(node)
        if isinstance(node, ast.Call) and name == "one_hot" and node.args:
            yield Fit(replaced(step.spot, node, step.spot.source.text(node.args[0])), 0.8 + 0.01 * index, "one-hot")
        elif isinstance(node, ast.Subscript) and call_name(node.value) in ("eye", "identity"):
            yield Fit(replaced(step.spot, node, step.spot.source.text(node.slice)), 0.8 + 0.01 * index, "one-hot")
        elif name in ("get_dummies", "to_categorical", "fit_transform", "scatter", "scatter_"):
            yield Fit(replaced(step.spot, node, f"{step.spot.text}.argmax(1)"), 0.9 + 0.01 * index, "one-hot")
    is_first = len(target) > 2 and target[1] == output[1] and target[2:] == output[2:]
    yield at_the_line(loss.target_spot, ".argmax(1)" if is_first or len(target) == 2 else ".argmax(-1)", 1.4)


def _channel(case: Case, spot: Spot) -> Iterator[Fit]:
    """The channel of a mask: where it was put in, else on the failing line."""
    way = lineage(case, spot).steps
    for index, step in enumerate(way):
        node, source = step.node, step.spot.source
        if _is_shared(case, step.spot) and index:
            outside = next(
                (s for s in reversed(way[:index]) if s.spot.source.scope_of(s.node) is not source.scope_of(node)), None
            )
            if outside is not None and is_of_data_set(outside.spot):
                yield Fit(attached(outside.spot, ".squeeze(0)", 1.1, "channel").change, 1.1, "channel")
                return
        is_put_in = isinstance(node, ast.Call) and call_name(node) in ("unsqueeze", "expand_dims", "add_channel")
        if is_put_in and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inner = node.func.value if source.text(node.func.value) not in ("torch", "np") else node.args[0]
            yield Fit(replaced(step.spot, node, source.text(inner)), 1.0 + 0.01 * index, "channel")
            return
        if isinstance(node, ast.Subscript) and ast.unparse(node.slice).lstrip("(").startswith(("None", "np.newaxis")):
            yield Fit(replaced(step.spot, node, source.text(node.value)), 1.0 + 0.01 * index, "channel")
            return
    is_float = getattr(sizes_of(case).value(spot), "is_floating_point", lambda: False)()
    yield at_the_line(spot, ".squeeze(1).long()" if is_float else ".squeeze(1)", 1.3)


def _is_shared(case: Case, spot: Spot) -> bool:
    """Whether an expression stands in a helper that is called in several places."""
    scope = spot.source.scope_of(spot.node)
    if not isinstance(scope, ast.FunctionDef) or spot.source.class_of(scope) is not None:
        return False
    return sum(1 for _ in calls(case, scope.name)) > 1


def _resized(case: Case, loss: Loss, target: Shape) -> Iterator[Fit]:
    """The logits brought to the size of the masks, where the model gives them."""
    size = f"{loss.target_spot.text}.shape[-2:]"
    spot = loss.output_spot
    text = f'F.interpolate({spot.text}, size={size}, mode="bilinear")'
    yield Fit(replaced(spot, spot.node, text), 2.4, "size")
    born = case.flow.born(spot)
    scope = born.source.scope_of(born.node)
    first = [argument.arg for argument in scope.args.args[1:2]] if not isinstance(scope, ast.Module) else []
    if born is not spot and first and getattr(scope, "name", "") == "forward":
        text = f'nn.functional.interpolate({born.text}, size={first[0]}.shape[-2:], mode="bilinear")'
        yield Fit(replaced(born, born.node, text), 2.2, "size")


def _shifted(case: Case, loss: Loss) -> Iterator[Fit]:
    """The next-token shift made on one side only: logits of L positions, labels of L - 1, or the other way round."""
    logits, labels = _unflattened(case, loss.output_spot, 3), _unflattened(case, loss.target_spot, 2)
    if logits is None or labels is None or logits[1][0] != labels[1][0]:
        return
    more = logits[1][1] - labels[1][1]
    if more == 1:
        yield at_the_line(logits[0], "[:, :-1]", 1.0)
    elif more == -1:
        yield at_the_line(_whole_rows(case, logits[0], labels[0]), "[:, 1:]", 1.0)


def _whole_rows(case: Case, logits: Spot, labels: Spot) -> Spot:
    """Where labels are set to the very rows of which the model's input is a part; else the labels on their line."""
    made = case.flow.born(logits)
    calls = [s for s in case.flow.trail(logits) if isinstance(s.node, ast.Call) and s.node.args]
    inputs = [calls[0].at(calls[0].node.args[0], ())] if calls else []  # type: ignore[attr-defined]
    inputs += [made.at(made.node.args[0], ())] if isinstance(made.node, ast.Call) and made.node.args else []
    for given in inputs:
        for cut in lineage(case, given):
            if not isinstance(cut.node, ast.Subscript) or not ast.unparse(cut.node.slice).rstrip(")").endswith(":-1"):
                continue
            whole, scope = ast.dump(cut.node.value), cut.spot.source.scope_of(cut.node)
            for step in lineage(case, labels):
                is_there = step.spot.source.scope_of(step.node) is scope and ast.dump(step.node) == whole
                if is_there and step.node is not cut.node.value:
                    return step.spot
    return labels


def _unflattened(case: Case, spot: Spot, rank: int) -> tuple[Spot, Shape] | None:
    """The tensor with its own dimensions, before it was flattened in the call of the loss or just before."""
    for step in lineage(case, spot).steps[:4]:
        shape = sizes_of(case).shape(step.spot)
        if shape is not None and len(shape) == rank and step.spot.frame is spot.frame:
            return step.spot, shape
    return None


RULES = (labels_dont_fit_the_logits,)
