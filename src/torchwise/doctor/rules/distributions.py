"""Distributions with parameters that can't be: a negative scale, scores for probabilities, values that never come."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.accused import accused, place_of
from torchwise.doctor.objects.loading import is_only_call
from torchwise.doctor.past.calls import callee
from torchwise.doctor.past.writing import behind, code_of, replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

SUPPORT = re.compile(r"within the support (?:of|\((?P<support>[^()]*(?:\([^()]*\))?[^()]*)\))", re.S)
POSITIVE = (
    "LogNormal",
    "Gamma",
    "Exponential",
    "Pareto",
    "Weibull",
    "Chi2",
    "InverseGamma",
    "HalfNormal",
    "HalfCauchy",
)
COUNTED = ("Categorical", "OneHotCategorical", "Poisson", "Binomial", "Geometric", "NegativeBinomial")


def distribution_is_impossible(case: Case) -> Iterator[Finding]:
    """TW705: a parameter of a distribution is outside its range."""
    frame = refusing(case)
    if frame is None or not isinstance(case.error, ValueError) or case.frame is None or case.frame.node is None:
        return
    name, value, kind = frame.locals["param"], frame.locals.get("value"), type(frame.locals["self"]).__name__
    if not isinstance(value, Tensor) or not bool(torch.isfinite(value).all()):
        return
    spot = _argument(case, frame.locals["self"], name)
    what = _what(value, name, kind, spot)
    if kind == "Uniform":
        yield _bounds(case, what)
        return
    why, pattern = _rule_of(name, kind)
    if spot is None:
        yield case.finding("TW705", what, why=why, fix=pattern.format(code="...", bare="...", size="n"), sure=False)
        return
    change = _as_logits(case, spot) if name == "probs" else None
    place = helper_result(case, spot) if name == "probs" else None
    change = change or guarded(place or case.flow.born(spot), pattern, spot)
    yield case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)


def variance_is_negative(case: Case) -> Iterator[Finding]:
    """TW705: the variance that a Gaussian loss is given."""
    item = accused(case) if case.passed("gaussian_nll_loss") and "negative" in case.text else None
    if item is None or not isinstance(item.value, Tensor) or not bool(torch.isfinite(item.value).all()):
        return
    why, pattern = _rule_of(item.name, "")
    change = guarded(place_of(case, item), pattern, item.spot)
    what = _what(item.value, item.name, item.function, item.spot)
    yield case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)


def _as_logits(case: Case, spot: Spot) -> Change | None:
    """Categorical(logits=...), where the scores are called logits or made in the very line."""
    call = case.frame.node if case.frame is not None else None
    born = case.flow.born(spot)
    is_here = born.source.statement_of(born.node) is spot.source.statement_of(spot.node)
    if not isinstance(call, ast.Call) or not ("logit" in spot.text.lower() or is_here):
        return None
    rest = [k for k in call.keywords if k.arg != "probs" and k.value is not spot.node]
    arguments = [f"logits={spot.text}", *(f"{k.arg}={spot.source.text(k.value)}" for k in rest)]
    return replaced(case.spot(call), call, f"{spot.source.text(call.func)}({', '.join(arguments)})")


def refusing(case: Case) -> Frame | None:
    """The frame of a distribution's `__init__` that refuses a parameter: it holds its name and value."""
    for frame in reversed(case.inner):
        is_it = isinstance(frame.locals.get("self"), Distribution) and frame.function == "__init__"
        if is_it and isinstance(frame.locals.get("param"), str):
            return frame
    return None


def extent(value: Tensor) -> dict[str, str]:
    """The least and the greatest value, for a text."""
    flat = value.detach().double()
    return {"low": f"{float(flat.min()):.3g}", "high": f"{float(flat.max()):.3g}"}


def _what(value: Tensor, name: str, kind: str, spot: Spot | None) -> Words:
    code = spot.text if spot is not None else name
    return note(
        "{kind} gets {name} = {code} with values from {low} to {high}", kind=kind, name=name,
        code=" ".join(code.split()), **extent(value),
    )  # fmt: skip


def _rule_of(name: str, kind: str) -> tuple[Words, str]:
    if name == "probs" and kind in ("Categorical", "Multinomial", "OneHotCategorical"):
        return note("probabilities are not below 0 and sum to 1; a layer's raw output are logits"), "{code}.softmax(-1)"
    if name == "probs":
        return note("a probability is between 0 and 1; a layer's raw output are logits"), "torch.sigmoid({bare})"
    if name in ("covariance_matrix", "precision_matrix"):
        why = note("the matrix must be symmetric and positive definite; a bit more on the diagonal helps")
        return why, "{bare} + 1e-4 * torch.eye({size})"
    if name == "scale_tril":
        return note("the factor is lower triangular with a positive diagonal"), "torch.linalg.cholesky({bare})"
    why = note("{name} must be above 0, and a layer's output can have any sign; softplus keeps it so", name=name)
    return why, "torch.nn.functional.softplus({bare}) + 1e-3"


def _argument(case: Case, distribution: Distribution, name: str) -> Spot | None:
    """The expression that was given for a parameter of a distribution."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return None
    given = keyword_of(node, name)
    if call_name(node) == "Beta" and name == "concentration":  # a Dirichlet inside of it
        given = next(iter(node.args), None) or keyword_of(node, "concentration1")
    code = vars(type(distribution))["__init__"].__code__
    names = list(code.co_varnames[1 : code.co_argcount])
    if given is None and name in names and names.index(name) < len(node.args):
        given = node.args[names.index(name)]
    return case.spot(given) if given is not None else None


def guarded(made: Spot, pattern: str, given: Spot) -> Change:
    """The maker of a parameter, inside of what keeps it in its range; one of several results behind its line."""
    node, bare = made.node, " ".join(made.text.split())
    value = given.value()
    size = value.shape[-1] if isinstance(value, Tensor) and value.dim() else 1
    if made.path and (name := _target(made)):
        return behind(made, f"{name} = {pattern.format(code=name, bare=name, size=size)}")
    if made.path or not isinstance(node, ast.expr):
        made, node, bare = given, given.node, " ".join(given.text.split())
    if isinstance(node, ast.Constant | ast.UnaryOp) and isinstance(getattr(node, "operand", node), ast.Constant):
        number = bare.lstrip("-")
        return replaced(made, node, number if number not in ("0", "0.0") else "1e-3")
    if isinstance(node, ast.Call) and call_name(node) == "relu":
        return replaced(made, node, f"{bare} + 1e-3")
    if "softplus" in pattern and "log" in _target(made).lower() + bare.lower():
        return replaced(made, node, f"{code_of(made)}.exp()")
    return replaced(made, node, pattern.format(code=code_of(made), bare=bare, size=size))


def helper_result(case: Case, spot: Spot) -> Spot | None:
    """What the user's function returns that a value comes from, if only this value does and it isn't named for scores."""
    trail = case.flow.trail(spot)
    for call, step in pairwise(trail):
        name = call_name(call.node) if isinstance(call.node, ast.Call) else ""
        if name and isinstance(step.source.parents.get(step.node), ast.Return):
            is_scores = re.search(r"logit|score|forward|energ", name, re.I) is not None
            is_model = isinstance(callee(case.flow, call), nn.Module)
            return step if not is_scores and not is_model and is_only_call(case.flow, call) else None
    return None


def _target(spot: Spot) -> str:
    """The variable that a part of a value is assigned to: `b` of `a, b = value`."""
    statement = spot.source.statement_of(spot.node)
    if not isinstance(statement, ast.Assign) or statement.value is not spot.node:
        return ""
    target: ast.expr | None = statement.targets[0]
    for key in spot.path:
        elements = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        target = elements[key] if isinstance(key, int) and key < len(elements) else None
    return ast.unparse(target) if isinstance(target, ast.Name) else ""


def _bounds(case: Case, what: Words) -> Finding:
    """Uniform(high, low)."""
    assert case.frame is not None and case.frame.node is not None, "asked before"
    node, why = case.frame.node, note("low must be below high")
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        low, high = (case.spot(item).text for item in node.args[:2])
        fix = f"{ast.unparse(node.func)}({high}, {low})"
        return case.finding("TW705", what, why=why, fix=fix, mend=case.spot(node))
    return case.finding("TW705", what, why=why)


def value_never_comes(case: Case) -> Iterator[Finding]:
    """TW705: log_prob of a value that the distribution can't give."""
    match = SUPPORT.search(case.text)
    node = case.frame.node if case.frame is not None else None
    if match is None or not isinstance(case.error, ValueError) or not isinstance(node, ast.Call) or not node.args:
        return
    given = case.spot(node.args[0])
    value = given.value()
    if not isinstance(value, Tensor) or not bool(torch.isfinite(value).all()):
        return
    frame = next((f for f in reversed(case.inner) if isinstance(f.locals.get("self"), Distribution)), None)
    distribution = frame.locals["self"] if frame is not None else None
    kind = type(distribution).__name__ if distribution is not None else "?"
    what = note(
        "{kind} never gives {code}: it has values from {low} to {high}", kind=kind, code=given.text, **extent(value)
    )  # fmt: skip
    why = note("its values lie in {support}", support=match["support"] or "?")
    if kind in COUNTED:
        last = getattr(distribution, "_num_events", None)
        fix: Words = note("whole numbers from 0 to {last}", last=last - 1) if last else note("whole numbers from 0")
        yield case.finding("TW705", what, why=why, fix=fix, mend=case.flow.born(given))
        return
    pattern = "{code}.clamp(1e-6, 1 - 1e-6)"
    if kind == "Bernoulli":
        pattern = "({bare} > 0.5).float()"
    elif kind in POSITIVE:
        pattern = "{code}.clamp(min=1e-6)"
    change = guarded(case.flow.born(given), pattern, given)
    yield case.finding("TW705", what, why=why, fix=change.text, mend=change.mend)


RULES = (distribution_is_impossible, variance_is_negative, value_never_comes)
