"""Binary cross-entropy of values that are no probabilities."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.births.criterion import as_other
from torchwise.doctor.births.labels import changed, label_place, whole
from torchwise.doctor.births.loss import Loss, loss_of
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.rules.label_dtypes import loss_text, shown
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Words
from torchwise.texts import note

ACTIVATIONS = (nn.Tanh, nn.ReLU, nn.LeakyReLU, nn.Softplus, nn.ELU, nn.GELU, nn.SELU, nn.SiLU, nn.Hardtanh, nn.Identity)


def values_outside_zero_and_one(case: Case) -> Iterator[Finding]:
    """TW605: the output or the labels of a binary cross-entropy are not between 0 and 1."""
    loss = loss_of(case)
    if loss is None or loss.name != "binary_cross_entropy" or loss.output.device.type == "meta":
        return
    if not re.search(r"between 0 and 1|0 and 1|>= 0|device-side assert|[Aa]ssertion", case.text):
        return
    for value, is_output in ((loss.output, True), (loss.target, False)):
        if value.numel() and not bool(((value >= 0) & (value <= 1)).all()):
            yield from _of_output(case, loss) if is_output else _of_labels(case, loss)
            return


def _range(value: Tensor) -> tuple[str, str]:
    numbers = value[~value.isnan()].detach().float()
    return (f"{float(numbers.min()):.4g}", f"{float(numbers.max()):.4g}") if numbers.numel() else ("nan", "nan")


def _of_output(case: Case, loss: Loss) -> Iterator[Finding]:
    """Logits instead of probabilities, or nan."""
    low, high = _range(loss.output)
    name = " ".join(loss.output_spot.text.split())
    if bool(loss.output.isnan().any()):
        what = note("the output {name} is nan", name=name)
        why = note("nan is not between 0 and 1; it comes from an earlier step: a learning rate that is too high, a log or a "
                   "division of 0, nan in the data")  # fmt: skip
        yield case.finding("TW605", what, why=why, seen=shown(loss), sure=False,
                           fix="torch.autograd.set_detect_anomaly(True)")  # fmt: skip
        return
    what = note("{loss} takes probabilities; {name} goes from {low} to {high}",
                loss=loss_text(loss), name=name, low=low, high=high)  # fmt: skip
    why = note("the output of a layer is a logit of any size; a sigmoid makes a number between 0 and 1 of it")
    options = list(_mends(case, loss))
    for index, (change, more) in enumerate(options[:3]):
        yield case.finding("TW605", what, why=sentences(why, more), fix=change.text, mend=change.mend, sure=index == 0,
                           seen=shown(loss))  # fmt: skip


def _mends(case: Case, loss: Loss) -> Iterator[tuple[Change, Words]]:
    """The last activation as a sigmoid, the loss with the sigmoid inside, or a sigmoid in the model."""
    last = _last_layer(case, loss)
    site = case.site_of(last) if isinstance(last, ACTIVATIONS) else None
    if site is not None and isinstance(site.node, ast.Call) and not _builds_several(case, site):
        more = note("the model ends in {layer}", layer=type(last).__name__)
        prefix = ast.unparse(site.node.func).rpartition(".")[0]
        yield replaced(site, site.node, f"{prefix}.Sigmoid()" if prefix else "nn.Sigmoid()"), more
        return
    inside = _sigmoid_in_model(case, loss)
    other = as_other(case, loss, "BCEWithLogitsLoss", "binary_cross_entropy_with_logits")
    more = note("BCEWithLogitsLoss has the sigmoid inside, and computes it more exactly")
    if _wants_probabilities(case):
        if inside is not None:
            yield inside, note("the program compares the output with a probability elsewhere")
        yield other, more
    else:
        yield other, more
        if inside is not None:
            yield inside, ""


def _builds_several(case: Case, site: Spot) -> bool:
    """Whether one line builds several layers, as in a loop."""
    roots = [value for frame in case.user for value in frame.locals.values() if isinstance(value, nn.Module)]
    layers = {id(module): module for root in roots for module in root.modules() if isinstance(module, ACTIVATIONS)}
    sites = [case.site_of(layer) for layer in layers.values()]
    return sum(found is not None and found.node is site.node for found in sites) > 1


def _last_layer(case: Case, loss: Loss) -> nn.Module | None:
    """The layer that gave the output, as far as the code tells."""
    born = case.flow.born(loss.output_spot)
    if not isinstance(born.node, ast.Call):
        return None
    module = case.flow.held(born.at(born.node.func, ()))
    while isinstance(module, nn.Sequential) and len(module):
        module = module[-1]
    return module if isinstance(module, nn.Module) else None


def _sigmoid_in_model(case: Case, loss: Loss) -> Change | None:
    """torch.sigmoid(...) around what `forward` returns, else around the output on the failing line."""
    born = case.flow.born(loss.output_spot)
    name = "torch.sigmoid"
    return replaced(born, born.node, f"{name}({born.text})")


def _wants_probabilities(case: Case) -> bool:
    """Whether an output is compared with a number between 0 and 1 somewhere, and no sigmoid is applied anywhere."""
    sources: list[Source] = case.flow.sites.sources
    text = "\n".join("".join(source.lines) for source in sources)
    if re.search(r"sigmoid\(", text):
        return False
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Compare) and isinstance(node.comparators[0], ast.Constant):
                value = node.comparators[0].value
                if isinstance(value, float) and 0 < value < 1 and _is_prediction(source, node.left):
                    return True
    return bool(re.search(r"(?:pred|out|prob|score)\w*(?:\([\w., ]*\))?\.round\(\)", text))


def _is_prediction(source: Source, node: ast.AST) -> bool:
    """Whether what is compared looks like an output of the model."""
    return bool(re.search(r"pred|out|prob|score|logit|y_hat|model\(|net\(", source.text(node)))


def _of_labels(case: Case, loss: Loss) -> Iterator[Finding]:
    """Labels 1 and 2, -1 and 1, 0 and 255, or standardized images."""
    name = " ".join(loss.target_spot.text.split())
    low, high = _range(loss.target)
    what = note("{loss} takes labels between 0 and 1; {name} goes from {low} to {high}",
                loss=loss_text(loss), name=name, low=low, high=high)  # fmt: skip
    kinds = sorted({float(value) for value in loss.target.detach().flatten()[:4096].tolist()})
    everything = whole(case, loss.target_spot, loss.target)
    if everything is not None:
        kinds = sorted({float(value) for value in everything.flatten().tolist()})
    place = label_place(case, loss.target_spot)
    why: Words = note("the label of a binary class is 0 or 1")
    form = _form(kinds)
    if form:
        change = changed(place, form)
        yield case.finding("TW605", what, why=why, fix=change.text, mend=change.mend, seen=shown(loss))
        return
    change = as_other(case, loss, "MSELoss", "mse_loss")
    why = note("targets that are no probabilities, such as standardized images, need a loss for numbers")
    yield case.finding("TW605", what, why=why, fix=change.text, mend=change.mend, seen=shown(loss))


def _form(kinds: list[float]) -> str:
    """What makes 0 and 1 of the labels; "" if they are no such marks."""
    if kinds in ([1.0, 2.0], [2.0], [1.0, 2.0, 2.0]):
        return "{} - 1"
    if kinds in ([-1.0, 1.0], [-1.0]):
        return "({} + 1) / 2"
    if kinds and kinds[0] >= 0 and kinds[-1] > 2 and all(kind == round(kind) for kind in kinds):
        return "{} / 255" if kinds[-1] <= 255 and (kinds[-1] > 100 or len(kinds) > 20) else f"{{}} / {int(kinds[-1])}"
    return ""


RULES = (values_outside_zero_and_one,)
