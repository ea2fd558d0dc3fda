"""Samplers with weights or probabilities that can't be: multinomial, bernoulli, normal, dropout."""

import ast
import re
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Sampler

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.past.calls import callee
from torchwise.doctor.past.writing import code_of, replaced, with_keyword
from torchwise.doctor.rules.distributions import extent, guarded, helper_result
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

MULTINOMIAL = re.compile(r"invalid multinomial|probability tensor contains|n_sample|number of categories", re.I)
BERNOULLI = re.compile(r"p_in ?>= ?0|p >= 0 && p <= 1|bernoulli.{0,40}(expects|between)", re.S)
NORMAL = re.compile(r"normal.{0,20} expects .{0,30}std", re.S)
DROPOUT = re.compile(r"dropout probability has to be between 0 and 1, but got ([-\d.e]+)")


def sampler_refuses(case: Case) -> Iterator[Finding]:
    """TW705: weights below 0 or all 0, too many draws, a negative standard deviation, p outside of 0 to 1."""
    if case.frame is None or case.frame.node is None or not isinstance(case.error, RuntimeError | ValueError):
        return
    if MULTINOMIAL.search(case.text):
        yield from _multinomial(case)
    elif BERNOULLI.search(case.text):
        yield from _bernoulli(case)
    elif NORMAL.search(case.text):
        yield from _normal(case)
    elif match := DROPOUT.search(case.text):
        yield _dropout(case, float(match[1]))


def _operand(case: Case) -> tuple[Spot, Tensor] | None:
    """The first tensor of floats of the user's line, with its expression."""
    for operand in case.tensors():
        if operand.node is not None and operand.value.is_floating_point():
            return case.spot(operand.node), operand.value
    return None


def _weights(case: Case) -> tuple[Spot, Tensor] | None:
    """The weights of the line, or those of the sampler that was under way."""
    found = _operand(case)
    if found is not None:
        return found
    for frame in reversed(case.frames):
        thing = frame.locals.get("self")
        weights = getattr(thing, "weights", None) if isinstance(thing, Sampler) else None
        if isinstance(weights, Tensor):
            for source in case.flow.sites.sources:
                for node in ast.walk(source.tree):
                    if isinstance(node, ast.Call) and call_name(node) == type(thing).__name__:
                        given = keyword_of(node, "weights") or next(iter(node.args), None)
                        return (Spot(source, given), weights) if given is not None else None
    return None


def _multinomial(case: Case) -> Iterator[Finding]:
    """The weights of torch.multinomial."""
    found = _weights(case)
    if found is None or bool(torch.isnan(found[1]).any()):
        return
    spot, weights = found
    name = " ".join(spot.text.split())
    why: Words = note("torch.multinomial takes weights: none below 0, finite, and not all 0")
    if re.search(r"n_sample|without replacement|not enough", case.text):
        count = int((weights.detach() > 0).sum(-1).min())
        what = note("more draws than {name} has weights above 0: {count}", name=name, count=count)
        call = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else spot
        is_own = isinstance(call.node, ast.Call) and call_name(call.node) == "multinomial"
        change = with_keyword(call, "replacement", "True") if is_own else None
        yield case.finding("TW705", what, why=note("without replacement each can be drawn once"),
                           fix=change.text if change else note("replacement=True, or at most {count}", count=count),
                           mend=change.mend if change else spot)  # fmt: skip
        return
    what = note("the weights {name} go from {low} to {high}", name=name, **extent(weights))
    born = case.flow.born(spot)
    if bool(torch.isinf(weights).any()):
        what = note("a weight of {name} is inf", name=name)
        mend = _divided(case, born)
        yield case.finding("TW705", what, why=mend[0] if mend else why, fix=mend[1] if mend else "", mend=born)
    elif bool((weights < 0).any()):
        change = _probabilities(case, spot, born)
        why = note("these are scores, not probabilities: a layer's raw output are logits")
        yield case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)
    else:
        change = replaced(spot, spot.node, f"{code_of(spot)} + 1e-8")
        yield case.finding("TW705", note("all weights of a row of {name} are 0", name=name), why=why, fix=change.text,
                           mend=change.mend)  # fmt: skip


def _probabilities(case: Case, spot: Spot, born: Spot) -> Change:
    """Scores made probabilities: where a model gives them, else where they are used; logarithms by exp."""
    if "log" in call_name(born.node) or re.search(r"log_?p", spot.text):
        return replaced(spot, spot.node, f"{code_of(spot)}.exp()")
    is_model = isinstance(born.node, ast.Call) and isinstance(callee(case.flow, born), torch.nn.Module)
    if is_model and not born.path and born.source.statement_of(born.node) is not spot.source.statement_of(spot.node):
        return replaced(born, born.node, f"{code_of(born)}.softmax(-1)")
    place = helper_result(case, spot) or spot
    return replaced(place, place.node, f"torch.softmax({place.text}, dim=-1)")


def _divided(case: Case, born: Spot) -> tuple[Words, Words] | None:
    """1 / count where a count is 0."""
    node = born.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        under = born.source.text(node.right)
        why = note("{code} divides by 0 where {under} is 0", code=" ".join(born.text.split()), under=under)
        return why, f"{born.source.text(node.left)} / {code_of(born, node.right)}.clamp(min=1)"
    return None


def _bernoulli(case: Case) -> Iterator[Finding]:
    found = _operand(case)
    node = case.frame.node if case.frame is not None else None
    if found is None and isinstance(node, ast.Call) and node.args:
        spot = case.spot(node.args[0])
        value = spot.value()
        what = note("the probabilities {name} are not between 0 and 1", name=" ".join(spot.text.split()))
    elif found is not None:
        spot, value = found
        if not bool(torch.isfinite(value).all()):
            return
        what = note(
            "the probabilities {name} go from {low} to {high}", name=" ".join(spot.text.split()), **extent(value)
        )
    else:
        return
    change = guarded(case.flow.born(spot), "torch.sigmoid({bare})", spot)
    why = note("a probability is between 0 and 1; a layer's raw output are logits")
    yield case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)


def _normal(case: Case) -> Iterator[Finding]:
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return
    given = keyword_of(node, "std") or (node.args[1] if len(node.args) > 1 else None)
    if given is None:
        return
    spot = case.spot(given)
    value = spot.value()
    what = note("the standard deviation {name} is negative", name=spot.text)
    if isinstance(value, Tensor) and value.numel():
        what = note("the standard deviation {name} goes from {low} to {high}", name=spot.text, **extent(value))
    why = note("a standard deviation is not below 0; of a variance's logarithm it is exp(0.5 * log_var)")
    change = guarded(case.flow.born(spot), "torch.nn.functional.softplus({bare})", spot)
    yield case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)


def _dropout(case: Case, value: float) -> Finding:
    assert case.frame is not None and case.frame.node is not None, "asked before"
    here = case.spot(case.frame.node)
    what = note("the dropout probability is {value}, it must lie between 0 and 1", value=f"{value:g}")
    given = None
    if isinstance(here.node, ast.Call):
        given = keyword_of(here.node, "p") or next(
            (i for i in here.node.args if isinstance(v := case.value(i), int | float) and v == value), None
        )
    new = f"{value / 100:g}" if 1 < value <= 100 else "0.5"
    if given is None:
        return case.finding("TW705", what, fix=f"p={new}")
    born = case.flow.born(here.at(given, ()))
    change = replaced(born, born.node, new) if isinstance(born.node, ast.Constant | ast.UnaryOp) else None
    return case.finding("TW705", what, fix=new, mend=change.mend if change is not None else born)


RULES = (sampler_refuses,)
