"""Operations that make nan or inf of finite values, or of their gradients, and how they read when they don't."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.flow import Flow
from torchwise.doctor.layers import Change
from torchwise.doctor.past.calls import entered, held
from torchwise.doctor.past.writing import code_of, replaced, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, operands_of, returns_of

LOGS = {"log", "log2", "log10"}
ROOTS = {"sqrt", "rsqrt"}
ARCS = {"acos", "asin", "arccos", "arcsin", "atanh"}
NORMS = {"norm", "vector_norm", "pairwise_distance", "cdist", "dist"}
SPREADS = {"std", "var"}
MOST = 500
DEEPEST = 30
SMALL = "1e-8"
OPERATIONS = {  # how autograd calls them
    "Log": LOGS, "Log2": LOGS, "Log10": LOGS, "Sqrt": {"sqrt"}, "Rsqrt": {"rsqrt"}, "Div": {"/"}, "Exp": {"exp"},
    "Pow": {"pow", "**"}, "Acos": ARCS, "Asin": ARCS, "Atanh": ARCS, "LinalgVectorNorm": NORMS, "Norm": NORMS,
    "Cdist": NORMS, "CdistForward": NORMS, "EuclideanDist": NORMS, "Std": SPREADS, "Var": SPREADS, "Softmax": {"mask"},
    "Reciprocal": {"reciprocal"}, "LogSoftmax": {"mask"},
}  # fmt: skip


ORDER = (*LOGS, *ROOTS, *ARCS, "**", "mask", "/", *NORMS, "reciprocal", "pow", *SPREADS, "exp")  # the likeliest first


@dataclass(frozen=True, eq=False)
class Risk:
    """One risky operation: the place, its kind (log, sqrt, /, ...), and the operand that must not be 0 or too large."""

    spot: Spot
    kind: str
    operand: Spot


class Walk:
    """Goes back from an expression through all operands, helpers and modules, and collects what is risky."""

    def __init__(self, case: Case) -> None:
        self.case, self.flow = case, case.flow
        self.seen: set[tuple[Any, ...]] = set()
        self.risks: list[Risk] = []

    def ranked(self) -> list[Risk]:
        """The risks, the likeliest first: those whose operand is seen to be out of range, then by kind."""
        hits = {id(risk): is_hit(self.flow, risk) for risk in self.risks}
        found = [risk for risk in self.risks if hits[id(risk)] is not False]
        return sorted(found or self.risks, key=lambda risk: (not hits[id(risk)], ORDER.index(risk.kind)))

    def visit(self, spot: Spot, depth: int = 0) -> None:
        """Follow one expression."""
        caller = spot.caller.node if spot.caller is not None else None
        key = (spot.node, spot.path, caller)
        if key in self.seen or len(self.seen) > MOST or depth > DEEPEST:
            return
        self.seen.add(key)
        if (risk := risk_of(spot)) is not None:
            self.risks.append(risk)
        for step in self._onward(spot):
            self.visit(step, depth + 1)

    def _onward(self, spot: Spot) -> Iterator[Spot]:
        before, node = self.flow.before(spot), spot.node
        if before is not None and before.node is not node:
            yield before
            if isinstance(node, ast.Name):
                yield from self._other_bindings(before, node.id)
        elif isinstance(node, ast.Call):
            for definition in entered(self.flow, spot):
                if not isinstance(definition.node, ast.ClassDef | ast.Module):
                    yield from (definition.at(item, ()) for item in returns_of(definition.node))  # type: ignore[arg-type]
        if isinstance(node, ast.Call) or before is None:
            yield from (spot.at(item, ()) for item in _parts(node) if not isinstance(item, ast.Constant))

    def _other_bindings(self, before: Spot, name: str) -> Iterator[Spot]:
        """X = a; x = f(x): the values the name had before."""
        scope = before.source.scope_of(before.node)
        for binding in bindings_in(scope, name):
            if binding.kind == "value" and binding.node is not before.node:
                yield before.at(binding.node, binding.path)


def _parts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return [node.elt]
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return list(operands_of(node))


def risk_of(spot: Spot) -> Risk | None:
    """The risk of an expression itself."""
    node = spot.node
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Div) and not _is_safe(node.right):
            return Risk(spot, "/", spot.at(node.right, ()))
        if isinstance(node.op, ast.Pow) and _is_fraction(node.right) and not _is_safe(node.left):
            return Risk(spot, "**", spot.at(node.left, ()))
        return None
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and _is_infinite(node.value):
            return Risk(spot, "mask", spot.at(node.value, ()))
        return None
    if not isinstance(node, ast.Call):
        return None
    name = call_name(node)
    operand = _operand(node)
    if operand is None or _is_safe(operand):
        return None
    if name in LOGS | ROOTS | ARCS | NORMS | SPREADS | {"reciprocal", "exp"}:
        return Risk(spot, name, spot.at(operand, ()))
    if (
        name in ("masked_fill", "masked_fill_", "where", "full_like", "full")
        and (infinite := _infinite(node)) is not None
    ):
        return Risk(spot, "mask", spot.at(infinite, ()))
    if name in ("pow", "div") and len(node.args) > int(operand in node.args):
        other = node.args[int(operand in node.args)]
        if name == "pow" and _is_fraction(other):
            return Risk(spot, "pow", spot.at(operand, ()))
        if name == "div" and not _is_safe(other):
            return Risk(spot, "/", spot.at(other, ()))
    return None


def _operand(node: ast.Call) -> ast.expr | None:
    """X of torch.log(x) and of x.log()."""
    is_function = not isinstance(node.func, ast.Attribute) or ast.unparse(node.func.value) in (
        "torch", "np", "numpy", "math", "F", "torch.linalg", "np.linalg", "linalg", "torch.nn.functional",
        "nn.functional",
    )  # fmt: skip
    if is_function:
        return next(iter(node.args), None)
    return node.func.value if isinstance(node.func, ast.Attribute) else None


def _infinite(node: ast.Call) -> ast.expr | None:
    """The argument that is minus infinity."""
    return next((item for item in [*node.args, *(k.value for k in node.keywords)] if _is_infinite(item)), None)


def _is_infinite(node: ast.expr) -> bool:
    """float("-inf"), -torch.inf, -math.inf, -np.inf."""
    text = ast.unparse(node).replace("'", "").replace('"', "")
    return text in ("float(-inf)", "-torch.inf", "-math.inf", "-np.inf", "-float(inf)", "-inf", "float(-Inf)")


def _is_fraction(node: ast.expr) -> bool:
    """Whether an exponent is no whole number above 0, as far as can be seen."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) and node.value != int(node.value)
    return True


def _is_safe(node: ast.expr) -> bool:
    """Whether an operand can't be 0: a number, a sum with a small one, what was clamped, a length."""
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add):
            names = ("eps", "epsilon", "tiny", "smooth", "tol", "delta")
            return any(
                isinstance(item, ast.Constant) or ast.unparse(item).rpartition(".")[2].lower() in names
                for item in (node.left, node.right)
            )  # fmt: skip
        return isinstance(node.op, ast.Pow | ast.Mult | ast.Div) and _is_safe(node.left) and _is_safe(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_safe(node.operand)
    if isinstance(node, ast.Call):
        name = call_name(node)
        first = next(iter(node.args), None)
        if name in ("sqrt", "float", "int") and first is not None:
            return _is_safe(first)
        if name == "size" or name in ("len", "numel", "dim"):
            return True
        return name in ("clamp", "clip", "clamp_", "clamp_min", "maximum", "exp", "softplus", "nan_to_num")
    return isinstance(node, ast.Subscript) and "shape" in ast.unparse(node.value)


def mended(case: Case, risk: Risk) -> Change:
    """The operation kept away from what makes it fail; a divisor that is a spread, where that is computed."""
    spot, node = risk.spot, risk.spot.node
    inner = code_of(risk.operand)
    if risk.kind == "/":
        born = case.flow.born(risk.operand)
        is_spread = isinstance(born.node, ast.Call) and call_name(born.node) in SPREADS
        if is_spread and born.source.scope_of(born.node) is not spot.source.scope_of(node):
            return replaced(
                born,
                born.node,
                f"{code_of(born)}.clamp(min={SMALL})" if not _is_numpy(born) else f"{code_of(born)} + {SMALL}",
            )
        return replaced(risk.operand, risk.operand.node, f"({' '.join(risk.operand.text.split())} + {SMALL})")
    if risk.kind == "mask":
        return replaced(risk.operand, risk.operand.node, "-1e9")
    if risk.kind in SPREADS:
        return with_keyword(spot, "unbiased", "False")
    if risk.kind in LOGS:
        new = f"{inner}.clamp(min={SMALL})" if not _is_numpy(risk.spot) else f"{inner} + {SMALL}"
    elif risk.kind in ("pow", "**"):
        new = f"{inner}.clamp(min={SMALL})"
    elif risk.kind in ROOTS:
        new = f"({' '.join(risk.operand.text.split())} + {SMALL})" if risk.operand.node is not node else inner
    elif risk.kind in ARCS:
        new = f"{inner}.clamp(-1 + 1e-6, 1 - 1e-6)"
    elif risk.kind == "exp":
        new = f"{inner}.clamp(max=20)"
    else:
        dims = _dims(node)
        return replaced(spot, node, f"({inner}.square().sum({dims}) + {SMALL}).sqrt()")
    return replaced(risk.operand, risk.operand.node, new)


def _dims(node: ast.AST) -> str:
    """The dimension that a norm is taken over."""
    if not isinstance(node, ast.Call):
        return ""
    found = [f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords if k.arg in ("dim", "keepdim")]
    return ", ".join(found)


def _is_numpy(spot: Spot) -> bool:
    return isinstance(spot.node, ast.Call) and ast.unparse(spot.node.func).startswith(("np.", "numpy.", "math."))


def is_hit(flow: Flow, risk: Risk) -> bool | None:
    """Whether the operand has a value for which the operation fails, where it is at hand."""
    if risk.kind == "mask":
        return None
    value = risk.operand.value()
    value = held(flow, risk.operand) if value is None else value
    if risk.kind in SPREADS:
        return value.dim() > 0 and value.shape[0] == 1 if isinstance(value, Tensor) else None
    if not isinstance(value, Tensor) or value.device.type == "meta" or not value.is_floating_point():
        return None
    if risk.kind in ARCS:
        return bool((value.abs() >= 1).any())
    if risk.kind == "exp":
        return bool((value > 80).any())
    if risk.kind in NORMS:
        return bool((value == 0).all(-1).any()) if value.dim() else bool(value == 0)
    return bool((value <= 0).any()) if risk.kind != "/" else bool((value == 0).any())
