"""Time that was taken for the batch, in a recurrent layer or when sequences were padded."""

import ast

from torch import nn

from torchwise.doctor.births.fitting import Fit
from torchwise.doctor.births.loss import Loss
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.loading import calls_of
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.rewriting import replaced

Shape = tuple[int, ...]


def time_first(case: Case, loss: Loss, output: Shape, target: Shape) -> Fit | None:
    """An RNN without batch_first whose time was taken for the batch."""
    if len(output) != 2 or len(target) != 1:
        return None
    root = case.flow.held(
        loss.output_spot.at(getattr(case.flow.born(loss.output_spot).node, "func", loss.output_spot.node))
    )
    modules = [m for frame in case.user for m in frame.locals.values() if isinstance(m, nn.Module)]
    modules += [root] if isinstance(root, nn.Module) else []
    for module in modules:
        for layer in module.modules():
            if not isinstance(layer, nn.RNNBase) or layer.batch_first or (site := case.site_of(layer)) is None:
                continue
            if isinstance(site.node, ast.Call):
                text = site.text[:-1].rstrip().removesuffix(",") + ", batch_first=True)"
                return Fit(replaced(site, site.node, text), 1.2, "batch first")
    return None


def padded_apart(case: Case, loss: Loss, output: Shape, target: Shape) -> Fit | None:
    """Logits (time, classes, batch) for labels (batch, time): sequences padded or stacked time first."""
    if len(output) != 3 or output[:1] + output[2:] != target[::-1]:
        return None
    change = padded_time_first(case) or _stacked_time_first(case, loss)
    return Fit(change, 0.9, "batch first") if change is not None else None


def padded_time_first(case: Case) -> Change | None:
    """batch_first=True for the only pad_sequence that lacks it."""
    padded = [spot for spot in calls_of(case.flow, {"pad_sequence"}) if isinstance(spot.node, ast.Call)]
    odd = [spot for spot in padded if _lacks_batch_first(spot.node)]
    if len(odd) != 1:
        return None
    first = odd[0].node.args[0]  # type: ignore[attr-defined]
    return replaced(odd[0].at(first, ()), first, f"{odd[0].source.text(first)}, batch_first=True", least=odd[0].node)


def _lacks_batch_first(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and keyword_of(node, "batch_first") is None and len(node.args) == 1


def _stacked_time_first(case: Case, loss: Loss) -> Change | None:
    """The steps of a sequence stacked in front of the batch: stack(steps) for stack(steps, dim=1)."""
    for step in Chain(sizes_of(case), loss.output_spot).steps:
        node = step.spot.node
        if isinstance(node, ast.Call) and call_name(node) == "stack" and len(node.args) == 1 and not node.keywords:
            given = node.args[0]
            return replaced(step.spot.at(given, ()), given, f"{step.spot.source.text(given)}, dim=1", least=node)
    return None
