"""Weights and other leaves that require grad, changed in place while gradients are recorded."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.inplace import base_of
from torchwise.doctor.layers import Change
from torchwise.doctor.past.writing import indent_of, replaced, without_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

SAYS = re.compile(r"leaf [Vv]ariable that requires grad.{0,60}in-?place|view of a leaf .{0,60}in-?place", re.S)
FACTORIES = {
    "zeros",
    "ones",
    "empty",
    "full",
    "tensor",
    "zeros_like",
    "empty_like",
    "ones_like",
    "Variable",
    "scalar_tensor",
}


def leaf_changed_in_place(case: Case) -> Iterator[Finding]:
    """TW505: a tensor that requires grad and was made by no operation is changed in place outside of no_grad."""
    if not isinstance(case.error, RuntimeError) or not SAYS.search(case.text) or case.frame is None:
        return
    if (layer := case.layer) is not None and getattr(layer, "inplace", False):
        yield _by_layer(case, layer)
        return
    target, written = _changed(case)
    if target is None:
        yield _finding(case, None, None)
        return
    base = base_of(target)
    value = case.value(base or target)
    spot = case.spot(base or target)
    if isinstance(value, Tensor) and not isinstance(value, nn.Parameter) and not _reads_grad(case, spot):
        needs = written is not None and _needs_grad(case, written)
        if needs and (change := _without_grad(case.flow.born(spot))) is not None:
            yield _made_with_grad(case, spot, change)
        else:
            yield _out_of_place(case, spot, value)
        return
    yield _finding(case, spot, value)


def _changed(case: Case) -> tuple[ast.expr | None, ast.expr | None]:
    """What the failing line changes, and what it writes."""
    assert case.frame is not None and case.frame.source is not None, "asked before"
    node = case.frame.node
    statement = case.frame.source.statement_of(node) if node is not None else None
    if isinstance(statement, ast.AugAssign):
        return statement.target, statement.value
    if isinstance(statement, ast.Assign) and (not isinstance(node, ast.Call) or not call_name(node).endswith("_")):
        targets = [target for target in statement.targets if isinstance(target, ast.Subscript)]
        if targets:
            return targets[0], statement.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_function = ast.unparse(node.func.value) in (
            "torch",
            "F",
            "nn.functional",
            "nn.init",
            "torch.nn.init",
            "init",
        )
        first = node.args[0] if is_function and node.args else node.func.value
        return first, next(iter(node.args[int(is_function) :]), None)
    return None, None


def _needs_grad(case: Case, written: ast.expr) -> bool:
    """Whether what is written has a graph: a variable tells it itself, else only numbers surely have none."""
    given = case.value(written)
    if isinstance(written, ast.Name | ast.Attribute):
        return isinstance(given, Tensor) and given.requires_grad
    return given is None or isinstance(given, Tensor)


def _reads_grad(case: Case, spot: Spot) -> bool:
    """Whether the program uses the gradient of the tensor, so that it must stay a leaf."""
    text = spot.text
    return any(
        isinstance(node, ast.Attribute) and node.attr == "grad" and ast.unparse(node.value) == text
        for node in ast.walk(spot.source.tree)
    )


def _without_grad(made: Spot) -> Change | None:
    """The line that made an empty tensor with requires_grad=True, without that."""
    node = made.node
    if isinstance(node, ast.Call) and call_name(node) == "requires_grad_" and isinstance(node.func, ast.Attribute):
        inner = node.func.value
        if isinstance(inner, ast.Call) and call_name(inner) in FACTORIES:
            return replaced(made, node, made.source.text(inner))
    if isinstance(node, ast.Call) and call_name(node) in FACTORIES and keyword_of(node, "requires_grad") is not None:
        return without_keyword(made, "requires_grad")
    return None


def _made_with_grad(case: Case, spot: Spot, change: Change) -> Finding:
    what = note("{name} is a leaf that requires grad, and is changed in place", name=spot.text)
    why = note(
        "it only collects results, so it needs no requires_grad of its own: what is written into it brings its graph"
    )
    return case.finding("TW505", what, why=why, fix=change.text, mend=change.mend)


def _out_of_place(case: Case, spot: Spot, value: Tensor) -> Finding:
    """An input whose gradient is wanted: the change makes a new tensor."""
    assert case.frame is not None and case.frame.source is not None and case.frame.node is not None, "asked before"
    statement = case.frame.source.statement_of(case.frame.node)
    fix: Words = note("{name} = {name}.clone()  before this line", name=spot.text)
    mend = Mend(file=spot.file, line=case.frame.line)
    if isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Subscript):
        sign = ast.unparse(ast.AugAssign(target=ast.Name(id="x"), op=statement.op, value=ast.Name(id="y")))[2:-3]
        value_text = spot.source.text(statement.value)
        change = replaced(case.spot(statement), statement, f"{spot.text} = {spot.text} {sign} {value_text}")
        fix, mend = change.text, change.mend
    what = note("{name} {shape} requires grad, and is changed in place", name=spot.text, shape=shape_text(value.shape))
    return case.finding("TW505", what, why=WHY, fix=fix, mend=mend)


WHY = note(
    "a leaf that requires grad can't be changed in place while gradients are recorded: its old value would be lost"
)


def _by_layer(case: Case, layer: nn.Module) -> Finding:
    """An in-place layer that gets a leaf."""
    site = case.site_of(layer)
    name = type(layer).__name__
    what = note("{layer}(inplace=True) would change an input that requires grad", layer=name)
    change = without_keyword(site, "inplace") if site is not None else None
    fix: Words = change.text if change is not None else f"nn.{name}()"
    return case.finding("TW505", what, why=WHY, fix=fix, mend=change.mend if change is not None else site)


def _finding(case: Case, spot: Spot | None, value: object) -> Finding:
    """The line, to be run under no_grad."""
    assert case.frame is not None and case.frame.source is not None and case.frame.node is not None, "asked before"
    source = case.frame.source
    statement = source.statement_of(case.frame.node)
    text, indent = source.text(statement), indent_of(source, statement)
    what = note("a weight that requires grad is changed in place outside of torch.no_grad()")
    if spot is not None and isinstance(value, Tensor):
        kind = note("a parameter") if isinstance(value, nn.Parameter) else note("a tensor")
        what = note(
            "{name}, {kind} of shape {shape} that requires grad, is changed in place outside of torch.no_grad()",
            name=spot.text, kind=kind, shape=shape_text(value.shape),
        )  # fmt: skip
    inner = text.replace("\n", "\n    ")
    new = f"with torch.no_grad():\n{indent}    {inner}"
    fix = f"with torch.no_grad():\n    {' '.join(text.split())}"
    mend = Mend(file=source.file, line=getattr(statement, "lineno", case.frame.line), old=text, new=new)
    if isinstance(statement, ast.For | ast.While | ast.With | ast.FunctionDef):
        mend = Mend(file=source.file, line=case.frame.line)
        fix = "with torch.no_grad():"
    return case.finding("TW505", what, why=WHY, fix=fix, mend=mend)


RULES = (leaf_changed_in_place,)
