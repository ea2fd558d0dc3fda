"""Values that are not finite, where something refuses them: anomaly mode, clipping, a distribution, the user's own check."""

import ast
import re
from collections.abc import Iterator

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.memory.holders import optimizers_of
from torchwise.doctor.nonfinite.risks import OPERATIONS, Risk, Walk, is_hit, mended
from torchwise.doctor.nonfinite.tensors import Bad, bad_data, bad_outputs, bad_weights, is_bad
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.past.training import backwards, loss_node
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.properties import birth
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

ANOMALY = re.compile(r"Function '(\w+?)Backward\d*' returned nan values")
CLIP = re.compile(r"total norm .{0,80}is non-finite", re.S)
INVALID = re.compile(r"to satisfy the constraint .{0,200}invalid values", re.S)
MULTINOMIAL = re.compile(r"probability tensor contains either")
NUMBER = re.compile(r"cannot convert float (NaN|infinity) to integer")
OTHER = re.compile(r"contains (NaN|infinity)|non-finite values|autodetected range of .{0,40}is not finite|contains invalid input", re.I)
CHECKS = {"isfinite", "isnan", "isinf"}
HIGH = {"SGD": 1.0, "Adam": 0.05, "AdamW": 0.05, "RMSprop": 0.05, "Adagrad": 1.0}


def value_not_finite(case: Case) -> Iterator[Finding]:
    """TW703: nan or inf reaches a check; the cause lies earlier."""
    if case.frame is None or case.frame.node is None:
        return
    anomaly = ANOMALY.search(case.text)
    refused = _refused(case)
    if anomaly is None and refused is None:
        return
    operation = anomaly[1] if anomaly else ""
    what = refused if refused is not None else note(
        "the gradient of {operation} is nan", operation=operation.lower()
    )  # fmt: skip
    ways = (
        _of_data(case, what), _of_operation(case, what, operation), _of_forward(case, what), _of_weights(case, what),
        _of_backward(case, what),
    )  # fmt: skip
    for way in ways:  # one after another: each takes a while
        if found := list(way):
            yield from found[:2]
            return
    fix = note("torch.autograd.set_detect_anomaly(True) names the operation that makes them first")
    yield case.finding("TW703", what, why=note("nan and inf spread through every later step"), fix=fix, sure=False)


def _refused(case: Case) -> Words | None:
    """What was refused, if it was refused for not being finite."""
    text = case.text
    if CLIP.search(text) and isinstance(case.error, RuntimeError):
        kind = "nan" if _any_nan_gradient(case) else "inf"
        return note("the gradients can't be clipped: their norm is not finite ({kind})", kind=kind)
    if INVALID.search(text) and isinstance(case.error, ValueError) and (value := parameter_of(case)) is not None and is_bad(value):
        return note("a distribution gets {kind} as a parameter", kind=Bad("", value).kind)
    if MULTINOMIAL.search(text) and any(is_bad(operand.value) for operand in case.tensors()):
        return note("torch.multinomial gets probabilities that are nan or inf")
    if NUMBER.search(text):
        return note("a value that is not finite is turned into a whole number")
    if OTHER.search(text) and isinstance(case.error, ValueError | RuntimeError):
        return note("a function refuses values that are nan or inf")
    return _own_check(case)


def _own_check(case: Case) -> Words | None:
    """assert torch.isfinite(loss); if torch.isnan(loss): raise."""
    frame = case.frame
    if frame is None or frame.source is None or frame.node is None or case.inner:
        return None
    statement = frame.source.statement_of(frame.node)
    test = statement.test if isinstance(statement, ast.Assert) else None
    here = frame.source.parents.get(statement)
    if isinstance(statement, ast.Raise) and isinstance(here, ast.If):
        test = here.test
    for node in ast.walk(test) if test is not None else ():
        if isinstance(node, ast.Call) and call_name(node) in CHECKS and (node.args or isinstance(node.func, ast.Attribute)):
            is_function = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("torch", "math", "np", "numpy")
            subject = node.args[0] if is_function or not isinstance(node.func, ast.Attribute) else node.func.value
            value = case.value(subject)
            if is_bad(value) or (isinstance(value, float) and (value != value or value in (float("inf"), -float("inf")))):
                kind = Bad("", value).kind if isinstance(value, Tensor) else str(value).lstrip("-")
                return note("{name} is {kind}", name=ast.unparse(subject).removesuffix(".item()"), kind=kind)
    return None


def parameter_of(case: Case) -> Tensor | None:
    """The parameter that a distribution refused: its own frame holds it."""
    for frame in reversed(case.frames):
        if frame.function == "__init__" and isinstance(frame.locals.get("self"), torch.distributions.Distribution):
            value = frame.locals.get("value")
            if isinstance(value, Tensor):
                return value
    return None


def _any_nan_gradient(case: Case) -> bool:
    return any(
        bool(torch.isnan(parameter.grad).any())
        for optimizer in optimizers_of(case) for group in optimizer.param_groups for parameter in group["params"]
        if isinstance(parameter.grad, Tensor)
    )  # fmt: skip


def _of_data(case: Case, what: Words) -> Iterator[Finding]:
    """The data themselves are not finite."""
    bad = bad_data(case)
    if not bad:
        return
    source = next((item for item in bad if item.owner is not None), bad[0])
    shown = _described(source)
    spots = _born(case, source) + [spot for item in bad[:2] if item is not source for spot in _born(case, item)]
    for spot in spots:
        walk = Walk(case)
        walk.visit(spot)
        for risk in walk.risks:
            if risk.kind == "exp":
                continue
            change = mended(case, risk)
            why = note("{data}; {code} gives {kind} where {operand} is 0", data=shown, code=_short(risk.spot),
                       kind=source.kind, operand=_short(risk.operand))  # fmt: skip
            yield case.finding("TW703", what, why=why, fix=change.text, mend=change.mend)
            return
    where = next((birth(case.flow, spot, "dtype") for spot in spots), None)
    fix = note("torch.nan_to_num(...), or leave these rows out, where the data are read")
    yield case.finding("TW703", what, why=shown, fix=fix, mend=where, sure=where is not None)


def _described(bad: Bad) -> Words:
    if bad.columns:
        columns = ", ".join(map(str, bad.columns[:5]))
        return note("{name} has {count} values that are {kind}, in column {columns}", name=bad.name, count=bad.count,
                    kind=bad.kind, columns=columns)  # fmt: skip
    return note("{name} has {count} values that are {kind}", name=bad.name, count=bad.count, kind=bad.kind)


def _born(case: Case, bad: Bad) -> list[Spot]:
    """Where the data were assigned: in the code that ran, or in the class."""
    found = []
    for ran in reversed(ran_before(case)):
        node = ran.spot.node
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            is_attribute = bad.owner is not None and isinstance(target, ast.Attribute) and target.attr == bad.name
            is_name = bad.owner is None and isinstance(target, ast.Name) and target.id == bad.name
            if (is_attribute or is_name) and isinstance(node, ast.Assign):
                found.append(ran.spot.at(node.value, ()))
    if not found and bad.owner is None:
        for frame in reversed(case.user):
            for node in ast.walk(frame.scope) if bad.name in frame.locals and frame.scope is not None else ():
                if isinstance(node, ast.Name) and node.id == bad.name and isinstance(node.ctx, ast.Load):
                    found.append(case.flow.spot(frame, node))
                    break
    return found


def _of_operation(case: Case, what: Words, operation: str) -> Iterator[Finding]:
    """Anomaly mode has named the operation: its place in the code."""
    names = OPERATIONS.get(operation)
    if names is None:
        return
    for risk in _risks(case):
        if risk.kind in names or (risk.kind == "**" and "pow" in names):
            yield _risky(case, what, risk)
            return


def _loss(case: Case) -> Spot | None:
    """The loss that went backward last."""
    assert case.frame is not None, "asked before"
    if isinstance(case.frame.node, ast.Call) and (node := loss_node(case.frame.node)) is not None:
        if call_name(case.frame.node) in ("backward", "grad"):
            return case.spot(node)
    for deed in reversed(backwards(case)):
        if deed.subject is not None:
            return deed.spot.at(deed.subject, ())
    return None


def _risks(case: Case) -> list[Risk]:
    """The risky operations on the way to the loss, or to what was refused."""
    assert case.frame is not None and case.frame.node is not None, "asked before"
    walk = Walk(case)
    if (loss := _loss(case)) is not None:
        walk.visit(loss)
    if not walk.risks:
        walk.visit(case.spot(case.frame.node))
    return walk.risks


def _risky(case: Case, what: Words, risk: Risk, *, sure: bool = True) -> Finding:
    change = mended(case, risk)
    whys = {
        "/": note("{code} divides by {operand}, which can be 0", code=_short(risk.spot), operand=_short(risk.operand)),
        "exp": note("{code} overflows for values above 88", code=_short(risk.spot)),
    }
    why = whys.get(risk.kind)
    if why is None:
        why = note("{code} is not finite at the edge of what it is defined for, or its gradient isn't", code=_short(risk.spot))
        if "sqrt" in risk.kind or risk.kind in ("norm", "pow", "**", "vector_norm"):
            why = note("the gradient of {code} is infinite at 0", code=_short(risk.spot))
        if risk.kind.startswith("log"):
            why = note("the logarithm of 0 is -inf, of less it is nan: {code}", code=_short(risk.spot))
    return case.finding("TW703", what, why=why, fix=change.text, mend=change.mend, sure=sure)


def _short(spot: Spot) -> str:
    text = " ".join(spot.text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _of_forward(case: Case, what: Words) -> Iterator[Finding]:
    """The forward pass makes them from finite data and weights."""
    if bad_weights(case) or not bad_outputs(case):
        return
    risks = _risks(case)
    hit = [risk for risk in risks if is_hit(risk)] or [risk for risk in risks if is_hit(risk) is None]
    if hit:
        yield _risky(case, what, hit[0], sure=bool(is_hit(hit[0])) or len(hit) == 1)
    else:
        yield from _of_rate(case, what)


def _of_weights(case: Case, what: Words) -> Iterator[Finding]:
    """The weights have become nan in an earlier step: the learning rate, or a gradient that was not finite."""
    bad = bad_weights(case)
    if bad:
        rate = list(_of_rate(case, what, bad[0].name))
        risks = [risk for risk in _risks(case) if risk.kind not in ("exp", "/")] or _risks(case)
        if rate and (rate[0].sure or not risks):
            yield rate[0]
        if risks:
            yield _risky(case, what, risks[0], sure=not (rate and rate[0].sure))
        if rate and not rate[0].sure:
            yield rate[0]


def _of_rate(case: Case, what: Words, weight: str = "") -> Iterator[Finding]:
    """A learning rate that is too high."""
    for optimizer in optimizers_of(case):
        rate = optimizer.param_groups[0].get("lr")
        high = HIGH.get(type(optimizer).__name__, 0.1)
        made = _optimizer_call(case, optimizer)
        if not isinstance(rate, float | int) or made is None or not isinstance(made.node, ast.Call):
            continue
        given = keyword_of(made.node, "lr") or (made.node.args[1] if len(made.node.args) > 1 else None)
        born = case.flow.born(made.at(given, ())) if given is not None else made
        new = rate / 100 if rate >= high else rate / 10
        why = note("with a learning rate of {rate} the weights have grown beyond all bounds", rate=rate)
        if weight:
            why = note("{weight} is nan already: with a learning rate of {rate} it has grown beyond all bounds", weight=weight, rate=rate)
        text = f"{new:g}"
        change = replaced(born, born.node, text) if isinstance(born.node, ast.Constant) else None
        fix = f"lr={text}"
        yield case.finding("TW703", what, why=why, fix=fix, mend=change.mend if change is not None else born, sure=rate >= high)
        return


def _optimizer_call(case: Case, optimizer: torch.optim.Optimizer) -> Spot | None:
    name = type(optimizer).__name__
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == name:
                made = next((r.spot for r in ran_before(case) if r.spot.node is node), None)
                return made or Spot(source, node)
    return None


def _of_backward(case: Case, what: Words) -> Iterator[Finding]:
    """Loss and weights are finite; a gradient is not."""
    risks = [risk for risk in _risks(case) if risk.kind != "exp"]
    hit = [risk for risk in risks if is_hit(risk)]
    for risk in (hit or [r for r in risks if r.kind not in ("/",)] or risks)[:1]:
        yield _risky(case, what, risk, sure=bool(hit) or len(risks) == 1)


RULES = (value_not_finite,)
