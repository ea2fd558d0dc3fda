"""The loss is not finite where something refuses it; and values too large for half precision."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.past.forks import way
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

LARGEST = 1 << 22
REFUSED = re.compile(r"non-?finite|returned nan|\bnan\b|not finite|\binf\b|infs? or", re.IGNORECASE)
SPREADS = ("std", "var", "norm", "std_mean", "var_mean", "ptp")
SUMS = ("sum", "count_nonzero", "mean", "max", "min", "numel")


def loss_is_not_finite(case: Case) -> Iterator[Finding]:
    """TW703: a nan or inf arrived where it is refused; where it was born."""
    if not _is_refused(case):
        return
    values = list(_values(case))
    bad = [(name, value) for name, value in values if not _is_finite(value)]
    what: Words = note("a value is nan or inf where it is refused")
    if bad:
        name, tensor = bad[0]
        what = note("{name} holds {number} of {total} values that are nan or inf", name=name,
                    number=int((~torch.isfinite(tensor)).sum()), total=tensor.numel())  # fmt: skip
        if bool(torch.isnan(tensor).any()):
            what = note("{name} is nan in {number} of {total} values", name=name, total=tensor.numel(),
                        number=int(torch.isnan(tensor).sum()))  # fmt: skip
    found = list(_births(case))
    for index, (change, why) in enumerate(found[:2]):
        yield case.finding(
            "TW703", what, why=why, fix=change.text, mend=change.mend, sure=index == 0 and len(found) == 1
        )
    if not found:
        why = note("a nan spreads to all that is computed from it, so look for the first operation that gives one")
        fix = "torch.autograd.set_detect_anomaly(True)"
        yield case.finding("TW703", what, why=why, fix=fix, sure=False)


def _is_refused(case: Case) -> bool:
    """Whether the error is about values that aren't finite."""
    text = case.text
    if isinstance(case.error, ValueError) and any(isinstance(f.locals.get("self"), Distribution) for f in case.inner):
        value = next(
            (f.locals.get("value") for f in reversed(case.inner) if isinstance(f.locals.get("value"), Tensor)), None
        )
        return isinstance(value, Tensor) and not _is_finite(value)
    if not isinstance(case.error, RuntimeError | ValueError | AssertionError | FloatingPointError | ArithmeticError):
        return False
    if "multinomial" in text or "probability tensor" in text:
        tensors = [o.value for o in case.tensors() if o.value.is_floating_point()]
        return any(not _is_finite(tensor) for tensor in tensors)
    if not REFUSED.search(text):
        test = case.frame.node if case.frame is not None else None
        return isinstance(case.error, AssertionError) and test is not None and "isfinite" in ast.unparse(test)
    return not re.search(r"inf checks|No inf", text)


def _is_finite(value: Tensor) -> bool:
    if value.numel() > LARGEST or value.is_sparse or value.device.type == "meta":
        return True
    return not (value.is_floating_point() or value.is_complex()) or bool(torch.isfinite(value.detach()).all())


def _values(case: Case) -> Iterator[tuple[str, Tensor]]:
    """The tensors of the user's frames and the parameters of the models in them, those of the inner calls first."""
    for frame in reversed(case.user):
        for name, value in list(frame.locals.items()):
            if isinstance(value, Tensor):
                yield name, value
    for frame in reversed(case.user):
        for name, value in list(frame.locals.items()):
            if isinstance(value, nn.Module):
                yield from ((f"{name}.{inner}", parameter) for inner, parameter in value.named_parameters())


def _births(case: Case) -> Iterator[tuple[Change, Words]]:
    """Operations of the program that give nan or inf for some values, the likeliest first."""
    found: list[tuple[int, int, Change, Words]] = []
    own = {frame.source for frame in case.user if frame is case.frame or frame.function == "<module>"} | {
        frame.source for frame in case.user
    }
    for source in (s for s in case.flow.sites.sources if s in own):
        for node in ast.walk(source.tree):
            spot = Spot(source, node)
            for rank, change, why in _suspect(case, spot):
                found.append((rank, -len(found), change, why))
    seen: set[tuple[str, int]] = set()
    for _, _, change, why in sorted(found, key=lambda item: (-item[0], -item[1])):
        if (change.mend.file, change.mend.line) not in seen:
            seen.add((change.mend.file, change.mend.line))
            yield change, why


def _suspect(case: Case, spot: Spot) -> Iterator[tuple[int, Change, Words]]:
    node = spot.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not isinstance(node.right, ast.Constant):
        yield from _division(case, spot.at(node.right, ()))
    elif isinstance(node, ast.Call) and call_name(node) in ("log", "log2", "log10", "sqrt", "rsqrt", "acos", "asin"):
        own = node.func.value if isinstance(node.func, ast.Attribute) else None
        given = node.args[0] if node.args else own
        if given is None or ast.unparse(node.func).startswith(("math.", "np.")) or _is_safe(case, spot.at(given, ())):
            return
        name, text = call_name(node), ast.unparse(given)
        if name.startswith("log"):
            fix, why = f"{text} + 1e-8", note("the logarithm of 0 is -inf, of a negative number nan")
        elif name == "sqrt":
            fix, why = f"{text} + 1e-8", note("the gradient of sqrt is inf at 0, and sqrt of a negative number is nan")
        else:
            fix, why = (
                f"{text}.clamp(-1 + 1e-6, 1 - 1e-6)",
                note("{name} is nan outside of -1 to 1, and its gradient inf at both", name=name),
            )
        yield 4, replaced(spot, given, fix), why


def _is_safe(case: Case, spot: Spot) -> bool:
    """Whether something keeps a value away from 0."""
    for step in way(case.flow, spot):
        text = ast.unparse(step.node)
        if re.search(r"eps|1e-|clamp|clip|maximum|nan_to_num|softplus|exp\(|where\(|\+ ?1(?:\.0)?\b|log_softmax", text):
            return True
        if isinstance(step.node, ast.Constant):
            return True
    return False


def _division(case: Case, under: Spot) -> Iterator[tuple[int, Change, Words]]:
    """What is divided by: a spread that is 0 for a constant column, a sum or a count that may be 0."""
    if _is_safe(case, under):
        return
    made = case.flow.born(under)
    name = call_name(made.node)
    if isinstance(made.node, ast.Call) and name in SPREADS:
        why: Words = note("the {name} of values that are all the same is 0, and 0 / 0 is nan", name=name)
        yield 5, replaced(made, made.node, f"{' '.join(made.text.split())}.clamp(min=1e-8)"), why
    elif isinstance(made.node, ast.BinOp) and isinstance(made.node.op, ast.Sub) and "max" in made.text:
        why = note("the range of values that are all the same is 0, and 0 / 0 is nan")
        yield 5, replaced(made, made.node, f"({' '.join(made.text.split())}).clamp(min=1e-8)"), why
    elif isinstance(made.node, ast.Call) and name in SUMS and name not in ("mean", "numel"):
        why = note("where {code} is 0, the division gives nan or inf", code=" ".join(made.text.split()))
        yield 4, replaced(made, made.node, f"{' '.join(made.text.split())}.clamp(min=1e-8)"), why


def half_overflows(case: Case) -> Iterator[Finding]:
    """TW702: a number too large for float16; binary cross entropy of probabilities under autocast."""
    if not isinstance(case.error, RuntimeError):
        return
    node = case.frame.node if case.frame is not None else None
    if node is None:
        return
    if re.search(r"without overflow", case.text) and re.search(r"[Hh]alf|float16", case.text):
        yield from _too_large(case, node)
    elif re.search(r"unsafe to autocast", case.text):
        what = note("binary cross entropy of probabilities is refused under autocast")
        why = note("in float16 a probability near 1 becomes 1, and log(1 - p) then -inf; from logits it is exact")
        found = next((case.flow.born(spot) for spot in _callees(case, node)), case.spot(node))
        text = re.sub(r"\bBCELoss\b", "BCEWithLogitsLoss", found.text)
        text = re.sub(r"\bbinary_cross_entropy\b", "binary_cross_entropy_with_logits", text)
        change = replaced(found, found.node, text)
        yield case.finding("TW702", what, why=why, fix=change.text, mend=change.mend)


def _callees(case: Case, node: ast.AST) -> Iterator[Spot]:
    """The loss of the user's line where it was built; the call itself if it is a function."""
    if isinstance(node, ast.Call):
        value: Any = case.value(node.func)
        if isinstance(value, nn.Module):
            yield case.spot(node.func)


def _too_large(case: Case, node: ast.AST) -> Iterator[Finding]:
    spot, number = _number(case, node)
    what = note("{number} doesn't fit into float16, whose largest number is 65504", number=number or "a number")
    why = note("the smallest number of the tensor's own dtype does as well")
    text = "torch.finfo(torch.float16).min"
    tensors = case.tensors()
    if tensors and tensors[0].text.isidentifier():
        text = f"torch.finfo({tensors[0].text}.dtype).min"
    change = replaced(spot, spot.node, text if number.startswith("-") or not number else text.replace(".min", ".max"))
    yield case.finding("TW702", what, why=why, fix=change.text, mend=change.mend)


def _number(case: Case, node: ast.AST) -> tuple[Spot, str]:
    """The number that is too large, where it stands."""
    for item in [*ast.iter_child_nodes(node)]:
        if isinstance(item, ast.expr) and not isinstance(item, ast.Attribute | ast.Starred):
            value = case.value(item)
            if isinstance(value, int | float) and abs(value) > 65504:
                born = case.flow.born(case.spot(item))
                is_shared = case.layers.is_shared(born, case.spot(item))
                return (case.spot(item) if is_shared else born), repr(value)
    return case.spot(node), ""


RULES = (loss_is_not_finite, half_overflows)
