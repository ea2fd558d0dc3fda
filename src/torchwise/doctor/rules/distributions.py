"""A distribution or a sampler gets parameters that can't be: a negative scale, weights below zero, too many draws."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

POSITIVE = ("scale", "concentration", "concentration0", "concentration1", "rate", "df", "df1", "df2", "std", "stddev")


def distribution_is_impossible(case: Case) -> Iterator[Finding]:
    """TW705: a parameter of a distribution is outside its range."""
    frame = next((f for f in reversed(case.inner) if isinstance(f.locals.get("self"), Distribution)
                  and f.function == "__init__" and isinstance(f.locals.get("param"), str)), None)  # fmt: skip
    if frame is None or not isinstance(case.error, ValueError):
        return
    name, value, kind = frame.locals["param"], frame.locals.get("value"), type(frame.locals["self"]).__name__
    if not isinstance(value, Tensor) or not bool(torch.isfinite(value).all()):
        return
    low, high = float(value.min()), float(value.max())
    what = note("{name} of {kind} goes from {low} to {high}, which can't be", name=name, kind=kind,
                low=f"{low:.3g}", high=f"{high:.3g}")  # fmt: skip
    if low < 0 and name in POSITIVE:
        what = note("{name} of {kind} is negative: the smallest is {low}", name=name, kind=kind, low=f"{low:.3g}")
    elif low == 0 and name in POSITIVE:
        what = note("{name} of {kind} is 0, it must be above", name=name, kind=kind)
    why, text = _rule_of(name, kind)
    spot = _argument(case, frame.locals["self"], name)
    yield _mended(case, (what, why), spot, text)


def _rule_of(name: str, kind: str) -> tuple[Words, str]:
    if name == "probs" and kind in ("Categorical", "Multinomial", "OneHotCategorical"):
        return note("probabilities are not below 0 and sum to 1; a layer's raw output are logits"), "{code}.softmax(-1)"
    if name == "probs":
        return note("a probability is between 0 and 1; a layer's raw output are logits"), "torch.sigmoid({code})"
    if name in ("covariance_matrix", "precision_matrix"):
        return note("the matrix must be symmetric and positive definite"), "{code} + 1e-4 * torch.eye({code}.shape[-1])"
    if name == "scale_tril":
        return note("the factor is lower triangular with a positive diagonal"), "torch.linalg.cholesky({code})"
    why = note("{name} must be above 0; softplus or exp keep it so", name=name)
    return why, "nn.functional.softplus({code}) + 1e-3"


def _argument(case: Case, distribution: Distribution, name: str) -> Spot | None:
    """The expression that was given for a parameter of a distribution."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return None
    given = keyword_of(node, name)
    names = [n for n in type(distribution).__init__.__code__.co_varnames[1:]]
    if given is None and name in names and names.index(name) < len(node.args):
        given = node.args[names.index(name)]
    return case.spot(given) if given is not None else None


def _mended(case: Case, words: tuple[Words, Words], spot: Spot | None, pattern: str) -> Finding:
    """The maker of the parameter, inside of what keeps it in its range."""
    what, why = words
    if spot is None:
        return case.finding("TW705", what, why=why, fix=pattern.format(code="..."), sure=False)
    made = _maker(case, spot)
    change = _guarded(made, pattern)
    return case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)


def _guarded(made: Spot, pattern: str) -> Change:
    node = made.node
    text = " ".join(made.text.split())
    if isinstance(node, ast.Constant | ast.UnaryOp) and isinstance(getattr(node, "operand", node), ast.Constant):
        number = text.lstrip("-")
        return replaced(made, node, number if number not in ("0", "0.0") else "1e-3")
    is_clamp = isinstance(node, ast.Call) and call_name(node) in ("relu", "tanh", "clamp")
    code = (
        text
        if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) or "softmax" not in pattern
        else f"({text})"
    )
    if is_clamp and call_name(node) == "relu":
        return replaced(made, node, f"{text} + 1e-3")
    return replaced(made, node, pattern.format(code=code))


def _maker(case: Case, spot: Spot) -> Spot:
    """The expression that made the parameter, outside of squeezes and other views."""
    return case.flow.born(spot)


def sampler_refuses(case: Case) -> Iterator[Finding]:
    """TW705: weights below 0 or all 0, too many draws, a negative standard deviation, p outside of 0 to 1."""
    operation = case.operation
    if operation is None or not isinstance(case.error, RuntimeError | ValueError | TypeError):
        return
    name = call_name(operation.node)
    tensors = [o for o in operation.operands if isinstance(o.value, Tensor) and o.value.is_floating_point()]
    if name in ("multinomial", "__iter__", "sample") and re.search(
        r"multinomial|probability tensor|n_sample", case.text
    ):
        yield from _multinomial(case, tensors)
    elif name == "bernoulli" and tensors and re.search(r"p_in|>= ?0|between|expects", case.text):
        value, node = tensors[0].value, tensors[0].node
        if node is not None and bool(torch.isfinite(value).all()):
            what = note("the probabilities go from {low} to {high}", low=f"{float(value.min()):.3g}",
                        high=f"{float(value.max()):.3g}")  # fmt: skip
            yield _mended(
                case, (what, note("a probability is between 0 and 1")), case.spot(node), "torch.sigmoid({code})"
            )
    elif name in ("normal", "normal_", "trunc_normal_") and re.search(r"std", case.text):
        node = keyword_of(operation.node, "std") if isinstance(operation.node, ast.Call) else None
        if node is None and isinstance(operation.node, ast.Call) and len(operation.node.args) > 1:
            node = operation.node.args[1 if name == "normal" else -1]
        if node is not None:
            value = case.value(node)
            low = float(value.min()) if isinstance(value, Tensor) else value
            what = note("the standard deviation is negative: {low}", low=str(low))
            why = note("a standard deviation is not below 0; of a variance's logarithm it is exp(0.5 * log_var)")
            yield _mended(case, (what, why), case.spot(node), "nn.functional.softplus({code})")


def _multinomial(case: Case, tensors: list[Any]) -> Iterator[Finding]:
    """The weights of torch.multinomial."""
    operand = tensors[0] if tensors else None
    frame = next((f for f in reversed(case.inner) if isinstance(f.locals.get("self"), torch.utils.data.Sampler)), None)
    weights = getattr(frame.locals["self"], "weights", None) if frame is not None else None
    weights = operand.value if operand is not None else weights
    if not isinstance(weights, Tensor) or bool(torch.isnan(weights).any()):
        return
    spot = case.spot(operand.node) if operand is not None and operand.node is not None else _sampler_weights(case)
    low, count = float(weights.min()), weights.shape[-1]
    why = note("torch.multinomial takes weights: none below 0, finite, and not all 0")
    if "n_sample" in case.text or "without replacement" in case.text:
        what = note("more draws than the {count} there are, without replacement", count=count)
        node = case.frame.node if case.frame is not None else None
        fix = f"replacement=True, or at most {count}"
        place = case.spot(node) if node is not None else None
        yield case.finding("TW705", what, why=note("each can be drawn once"), fix=fix, mend=place, sure=False)
        return
    if low < 0:
        what = note("the weights go down to {low}", low=f"{low:.3g}")
        pattern = "{code}.softmax(-1)"
    elif bool(torch.isinf(weights).any()):
        what, pattern = note("a weight is inf"), "{code}.softmax(-1)"
    else:
        what, pattern = note("all weights of a row are 0"), "{code} + 1e-8"
    if frame is not None and operand is None:
        pattern = "{code}.clamp(min=0)" if low < 0 else "{code}"
    yield _mended(case, (what, why), spot, pattern)


def _sampler_weights(case: Case) -> Spot | None:
    """The weights that a WeightedRandomSampler was given."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == "WeightedRandomSampler":
                given = keyword_of(node, "weights") or next(iter(node.args), None)
                return Spot(source, given) if given is not None else None
    return None


RULES = (distribution_is_impossible, sampler_refuses)
