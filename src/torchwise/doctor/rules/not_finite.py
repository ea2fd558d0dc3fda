"""Values that are not finite, where something refuses them: anomaly mode, clipping, a distribution, a check."""

import ast
import re
from collections.abc import Iterator

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.memory.holders import optimizers_of
from torchwise.doctor.nonfinite.risks import OPERATIONS, SPREADS, Risk, Walk, is_hit, mended
from torchwise.doctor.nonfinite.tensors import Bad, bad_data, bad_outputs, bad_weights, is_bad, optimizer_call
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
OTHER = re.compile(
    r"contains (NaN|infinity)|non-finite values|autodetected range of .{0,40}is not finite|contains invalid input", re.I
)
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
    for way in (_of_data, _of_weights, _of_the_way):  # one after another: each takes a while
        if found := list(way(case, what, operation)):
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
    if (
        INVALID.search(text)
        and isinstance(case.error, ValueError)
        and (value := parameter_of(case)) is not None
        and is_bad(value)
    ):
        return note("a distribution gets {kind} as a parameter", kind=Bad("", value).kind)
    if MULTINOMIAL.search(text) and any(is_bad(operand.value) for operand in case.tensors()):
        return note("torch.multinomial gets probabilities that are nan or inf")
    if NUMBER.search(text):
        return note("a value that is not finite is turned into a whole number")
    if OTHER.search(text) and isinstance(case.error, ValueError | RuntimeError):
        return note("a function refuses values that are nan or inf")
    return _own_check(case)


def _own_check(case: Case) -> Words | None:
    """Assert torch.isfinite(loss); if torch.isnan(loss): raise."""
    frame = case.frame
    if frame is None or frame.source is None or frame.node is None or case.inner:
        return None
    statement = frame.source.statement_of(frame.node)
    test = statement.test if isinstance(statement, ast.Assert) else None
    here = frame.source.parents.get(statement)
    if isinstance(statement, ast.Raise) and isinstance(here, ast.If):
        test = here.test
    for node in ast.walk(test) if test is not None else ():
        if (
            isinstance(node, ast.Call)
            and call_name(node) in CHECKS
            and (node.args or isinstance(node.func, ast.Attribute))
        ):
            is_function = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in (
                "torch",
                "math",
                "np",
                "numpy",
            )
            subject = node.args[0] if is_function or not isinstance(node.func, ast.Attribute) else node.func.value
            value = case.value(subject)
            if is_bad(value) or (
                isinstance(value, float) and (value != value or value in (float("inf"), -float("inf")))
            ):
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


def _of_data(case: Case, what: Words, _: str) -> Iterator[Finding]:
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


def _loss(case: Case) -> Spot | None:
    """The loss that went backward last."""
    assert case.frame is not None, "asked before"
    here = case.frame.node
    is_backward = isinstance(here, ast.Call) and call_name(here) in ("backward", "grad")
    if is_backward and (node := loss_node(here)) is not None:
        return case.spot(node)
    for deed in reversed(backwards(case)):
        if deed.subject is not None:
            return deed.spot.at(deed.subject, ())
    return None


def _risks(case: Case) -> list[Risk]:
    """The risky operations on the way to the loss, or to what is not finite; the likeliest first."""
    walk = Walk(case)
    if (loss := _loss(case)) is not None:
        walk.visit(loss)
    for frame in reversed(case.user):
        for name in [bad.name for bad in bad_outputs(case) if bad.name in frame.locals] if not walk.risks else ():
            for node in ast.walk(frame.scope) if frame.scope is not None else ():
                if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                    walk.visit(case.flow.spot(frame, node))
                    break
    if not walk.risks and case.frame is not None and case.frame.node is not None:
        walk.visit(case.spot(case.frame.node))
    single = any(
        isinstance(value, Tensor) and value.dim() > 1 and value.shape[0] == 1
        for frame in case.user for value in frame.locals.values()
    )  # fmt: skip
    return [risk for risk in walk.ranked() if risk.kind not in SPREADS or single]


def _risky(case: Case, what: Words, risk: Risk, *, sure: bool = True) -> Finding:
    change = mended(case, risk)
    whys = {
        "/": note("{code} divides by {operand}, which can be 0", code=_short(risk.spot), operand=_short(risk.operand)),
        "exp": note("{code} overflows for values above 88", code=_short(risk.spot)),
        "mask": note(
            "softmax of a row that is masked whole, with {code} everywhere, is nan", code=_short(risk.operand)
        ),
        "std": note("the standard deviation of one row is nan, as it divides by the rows less one"),
        "var": note("the variance of one row is nan, as it divides by the rows less one"),
    }
    why = whys.get(risk.kind)
    if why is None:
        why = note(
            "{code} is not finite at the edge of what it is defined for, or its gradient isn't", code=_short(risk.spot)
        )
        if "sqrt" in risk.kind or risk.kind in ("norm", "pow", "**", "vector_norm"):
            why = note("the gradient of {code} is infinite at 0", code=_short(risk.spot))
        if risk.kind.startswith("log"):
            why = note("the logarithm of 0 is -inf, of less it is nan: {code}", code=_short(risk.spot))
    return case.finding("TW703", what, why=why, fix=change.text, mend=change.mend, sure=sure)


def _short(spot: Spot) -> str:
    text = " ".join(spot.text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _of_weights(case: Case, what: Words, operation: str) -> Iterator[Finding]:
    """The weights have become nan in an earlier step: the learning rate, or a gradient that was not finite."""
    bad = bad_weights(case)
    if not bad:
        return
    rate = list(_of_rate(case, what, bad[0].name))
    risks = [risk for risk in _risks(case) if risk.kind not in ("exp", "/")]
    if rate and (rate[0].sure or not risks):
        yield rate[0]
    if risks:
        yield _risky(case, what, risks[0], sure=not (rate and rate[0].sure))
    if rate and risks and not rate[0].sure:
        yield rate[0]


def _of_the_way(case: Case, what: Words, operation: str) -> Iterator[Finding]:
    """Data and weights are finite: an operation on the way makes the first nan, or its gradient is one."""
    names = OPERATIONS.get(operation, set())
    risks = _risks(case)
    named = [risk for risk in risks if risk.kind in names or (risk.kind == "**" and "pow" in names)]
    for index, risk in enumerate((named or risks)[:2]):
        is_known = bool(named) or len(risks) == 1 or is_hit(case.flow, risk)
        yield _risky(case, what, risk, sure=index == 0 and bool(is_known))


def _of_rate(case: Case, what: Words, weight: str = "") -> Iterator[Finding]:
    """A learning rate that is too high."""
    for optimizer in optimizers_of(case):
        rate = optimizer.param_groups[0].get("lr")
        high = HIGH.get(type(optimizer).__name__, 0.1)
        made = optimizer_call(case, optimizer)
        if not isinstance(rate, float | int) or made is None or not isinstance(made.node, ast.Call):
            continue
        given = keyword_of(made.node, "lr") or (made.node.args[1] if len(made.node.args) > 1 else None)
        born = case.flow.born(made.at(given, ())) if given is not None else made
        new = rate / 100 if rate >= high else rate / 10
        why = note("with a learning rate of {rate} the weights have grown beyond all bounds", rate=rate)
        if weight:
            why = note(
                "{weight} is nan already: with a learning rate of {rate} it has grown beyond all bounds",
                weight=weight,
                rate=rate,
            )
        text = f"{new:g}"
        change = replaced(born, born.node, text) if isinstance(born.node, ast.Constant) else None
        fix = f"lr={text}"
        yield case.finding(
            "TW703", what, why=why, fix=fix, mend=change.mend if change is not None else born, sure=rate >= high
        )
        return


RULES = (value_not_finite,)
