"""Backward from a tensor of several values, which has no single number to start from."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import autograd_frame, roots
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.past.calls import callee
from torchwise.doctor.past.training import loss_node
from torchwise.doctor.past.writing import code_of, replaced, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of
from torchwise.doctor.tracing.rewriting import replaced as at_its_place
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

SAYS = re.compile(
    r"grad can be (implicitly )?created only for (real )?scalar outputs|grad_outputs? .{0,40}scalar", re.S
)
LONGEST = 12
KEEPING = {
    "view", "reshape", "flatten", "squeeze", "unsqueeze", "clamp", "abs", "sqrt", "pow", "exp", "log", "where", "mul",
    "add", "sub", "div", "float", "double", "to", "masked_fill", "square", "neg", "relu", "view_as", "expand",
}  # fmt: skip


def backward_of_many_values(case: Case) -> Iterator[Finding]:
    """TW507: backward without a gradient needs a single number."""
    if not isinstance(case.error, RuntimeError) or not SAYS.search(case.text) or case.frame is None:
        return
    root = next((r for r in roots(case) if r.numel() != 1), None)
    node = loss_node(case.frame.node)
    name = ast.unparse(node) if node is not None else "loss"
    frame = autograd_frame(case)
    shape = shape_text(root.shape) if root is not None else ""
    what = note("backward starts from one number, {loss} is of shape {shape}: {count} values", loss=name, shape=shape,
                count=root.numel() if root is not None else 0)  # fmt: skip
    if frame is not None and frame.function == "grad" and isinstance(case.frame.node, ast.Call):
        why = note(
            "for several values autograd must be told how each of them counts; ones give the gradient of their sum"
        )
        change = with_keyword(case.spot(case.frame.node), "grad_outputs", f"torch.ones_like({name})")
        yield case.finding("TW507", what, why=why, fix=change.text, mend=change.mend)
        return
    if node is None:
        yield case.finding("TW507", what, why=WHY, fix="loss.mean().backward()")
        return
    yield from _reduced(case, node, what)


WHY = note("the values must be brought to one number first, by a mean or a sum")


def _reduced(case: Case, node: ast.AST, what: Words) -> Iterator[Finding]:
    spot = case.spot(node)
    way = _way(case, spot)
    criterion = next((s for s in way if _reduction(case, s) is not None), None)
    if criterion is not None:
        why = note(
            "{criterion} keeps the loss of every sample, since its reduction is none", criterion=_name(criterion)
        )
        change = _other_reduction(case, criterion)
        between = way[: way.index(criterion)]
        is_direct = not any(isinstance(s.node, ast.BinOp | ast.Subscript) or _is_call_of(s, KEEPING) for s in between)
        if is_direct and change is not None and _uses(case, criterion) <= 1:
            yield case.finding("TW507", what, why=why, fix=change.text, mend=change.mend)
            return
        where = _place(case, spot, way)
        yield case.finding("TW507", what, why=why, fix=where.text, mend=where.mend)
        return
    other = _scalar(case)
    if isinstance(spot.value(), Tensor) and other and _is_output(case, way):
        change = replaced(spot, node, other)
        why = note("{name} is the model's output; the loss is {loss}", name=spot.text, loss=other)
        yield case.finding("TW507", what, why=why, fix=f"{other}.backward()", mend=change.mend)
        return
    where = _place(case, spot, way)
    yield case.finding("TW507", what, why=WHY, fix=where.text, mend=where.mend)


def _way(case: Case, spot: Spot) -> list[Spot]:
    """From the loss back through what keeps the number of values."""
    found = [spot]
    while len(found) < LONGEST:
        before = case.flow.before(found[-1])
        if before is None:
            node = found[-1].node
            if not isinstance(node, ast.BinOp | ast.UnaryOp | ast.Subscript) and not _is_call_of(found[-1], KEEPING):
                return found
            operands = [found[-1].at(item, ()) for item in operands_of(node) if not isinstance(item, ast.Constant)]
            before = next((o for o in operands if _leads(case, o)), next(iter(operands), None))
        if before is None:
            return found
        found.append(before)
    return found


def _leads(case: Case, spot: Spot) -> bool:
    """Whether an operand is, or comes from, a loss of each sample."""
    return any(_reduction(case, step) is not None for step in case.flow.trail(spot))


def _is_call_of(spot: Spot, names: set[str]) -> bool:
    return isinstance(spot.node, ast.Call) and call_name(spot.node) in names


def _reduction(case: Case, spot: Spot) -> str | None:
    """The reduction of a loss that is called without one: "none"."""
    node = spot.node
    if not isinstance(node, ast.Call):
        return None
    given = keyword_of(node, "reduction") or keyword_of(node, "reduce")
    if given is not None:
        value = case.flow.born(spot.at(given, ())).node
        return "none" if isinstance(value, ast.Constant) and value.value in ("none", False) else None
    module = callee(case.flow, spot)
    return "none" if isinstance(module, nn.Module) and getattr(module, "reduction", "") == "none" else None


def _name(criterion: Spot) -> str:
    assert isinstance(criterion.node, ast.Call), "asked before"
    return criterion.source.text(criterion.node.func)


def _other_reduction(case: Case, criterion: Spot) -> Change | None:
    """The criterion with its mean."""
    assert isinstance(criterion.node, ast.Call), "asked before"
    given = keyword_of(criterion.node, "reduction")
    if given is not None:
        return with_keyword(criterion, "reduction", '"mean"')
    module = callee(case.flow, criterion)
    site = case.site_of(module) if isinstance(module, nn.Module) else None
    if site is None or not isinstance(module, nn.Module):
        return None
    if isinstance(site.node, ast.Call) and keyword_of(site.node, "reduction") is not None:
        change = case.layers.change(site, module, "reduction", "mean")
        if change is not None:
            return Change(change.mend, str(change.text).replace("'mean'", '"mean"'), change.spot)
    setting = search_back(case.flow, site, _is_setting) if _is_spread_over(site) else None
    if setting is not None:
        return at_its_place(setting, setting.node, '"mean"', least=setting.source.parents.get(setting.node))
    return with_keyword(site, "reduction", '"mean"')


def _is_spread_over(site: Spot) -> bool:
    """Whether a call gets its arguments from a configuration: nn.MSELoss(**config)."""
    return isinstance(site.node, ast.Call) and any(keyword.arg is None for keyword in site.node.keywords)


def _is_setting(spot: Spot) -> bool:
    """Whether an expression is the "none" that a configuration has under reduction."""
    around = spot.source.parents.get(spot.node)
    if not isinstance(spot.node, ast.Constant) or spot.node.value != "none":
        return False
    if isinstance(around, ast.Dict) and spot.node in around.values:
        key = around.keys[around.values.index(spot.node)]
        return isinstance(key, ast.Constant) and key.value == "reduction"
    return isinstance(around, ast.keyword) and around.arg == "reduction"


def _uses(case: Case, criterion: Spot) -> int:
    """How often the criterion is called in the program."""
    name = _name(criterion).rpartition(".")[2]
    return sum(
        isinstance(node, ast.Call) and call_name(node) == name
        for source in case.flow.sites.sources for node in ast.walk(source.tree)
    )  # fmt: skip


def _place(case: Case, spot: Spot, way: list[Spot]) -> Change:
    """Where the mean is taken: what a function on the way returns, the line that computes the loss, else backward."""
    for step in way[1:]:
        parent = step.source.parents.get(step.node)
        if isinstance(parent, ast.Return) and not isinstance(step.node, ast.Call):
            return replaced(step, step.node, f"{code_of(step)}.mean()")
    for step in way[1:]:
        parent = step.source.parents.get(step.node)
        if isinstance(parent, ast.Return | ast.Assign) and isinstance(step.node, ast.expr):
            return replaced(step, step.node, f"{code_of(step)}.mean()")
    return replaced(spot, spot.node, f"{code_of(spot)}.mean()")


def _scalar(case: Case) -> str:
    """A variable of the failing function that holds a single number with a graph."""
    assert case.frame is not None, "asked before"
    for name, value in case.frame.locals.items():
        if isinstance(value, Tensor) and value.numel() == 1 and value.grad_fn is not None:
            return name
    return ""


def _is_output(case: Case, way: list[Spot]) -> bool:
    """Whether the value comes straight from a model."""
    return any(isinstance(step.node, ast.Call) and isinstance(callee(case.flow, step), nn.Module) for step in way[:3])


RULES = (backward_of_many_values,)
