"""How a tensor that is to be optimized is written as a leaf: what was done to it is done before `requires_grad`."""

import ast

from torchwise.doctor.flow import Flow
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import walked
from torchwise.doctor.objects.loading import is_only_call
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced, substituted


def leaf_instead(flow: Flow, spot: Spot) -> Change:
    """The change at the expression that made a result of a leaf."""
    made = flow.born(spot)
    if not isinstance(made.node, ast.Call | ast.BinOp | ast.UnaryOp | ast.Subscript | ast.Attribute):
        made = spot
    node, source = made.node, made.source
    wants = [n for n in walked(node) if isinstance(n, ast.Call) and asks_for_gradient(n) is not None]
    parameters = [n for n in walked(node) if isinstance(n, ast.Call) and call_name(n) == "Parameter" and n.args]
    statement = source.parents.get(node)
    least = statement if isinstance(statement, ast.Assign | ast.Return) else None
    if parameters and parameters[0] is not node:
        inner = parameters[0]
        text = substituted(source, node, inner, source.text(inner.args[0]))
        return replaced(made, node, f"{source.text(inner.func)}({text})", least=least)
    if wants:
        keyword = asks_for_gradient(wants[0])
        text = _without(made, wants[0], keyword)
        whole = text if isinstance(node, ast.Call | ast.Subscript | ast.Attribute) else f"({text})"
        return replaced(made, node, f"{whole}.requires_grad_()", least=least)
    text = " ".join(source.text(node).split())
    whole = text if isinstance(node, ast.Call | ast.Subscript | ast.Attribute) else f"({text})"
    return replaced(made, node, f"{whole}.detach().requires_grad_()", least=least)


def made_by(flow: Flow, spot: Spot) -> Spot | None:
    """The operation that made a tensor: in a helper where that asks for the gradient, or is for this tensor only."""
    steps = [step for step in flow.trail(spot)[1:] if isinstance(step.node, ast.expr) and not step.path]
    last = next(reversed(steps), None)
    if last is None or "requires_grad" in last.text:
        return last
    calls = [step for step in steps[:-1] if isinstance(step.node, ast.Call) and not is_only_call(flow, step)]
    return next(iter(calls), last)


def asks_for_gradient(call: ast.Call) -> ast.AST | None:
    """`requires_grad=True` of a factory, or the method `.requires_grad_()`."""
    if call_name(call) == "requires_grad_":
        return call if not (call.args and _is_false(call.args[0])) else None
    return next((k for k in call.keywords if k.arg == "requires_grad" and not _is_false(k.value)), None)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _without(made: Spot, call: ast.Call, keyword: ast.AST | None) -> str:
    """The whole expression without the wish for a gradient in one of its calls."""
    source = made.source
    if keyword is call and isinstance(call.func, ast.Attribute):
        return substituted(source, made.node, call, source.text(call.func.value))
    kept = [source.text(item) for item in [*call.args, *call.keywords] if item is not keyword]
    return substituted(source, made.node, call, f"{source.text(call.func)}({', '.join(kept)})")
