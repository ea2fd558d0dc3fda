"""Gradients that aren't there: of an input the output doesn't depend on, of a tensor without requires_grad, None."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.gradients.cuts import Search
from torchwise.doctor.gradients.graph import autograd_frame, graph_of
from torchwise.doctor.layers import Change
from torchwise.doctor.past.calls import callee
from torchwise.doctor.past.training import assigned_at
from torchwise.doctor.past.writing import before as put_before
from torchwise.doctor.past.writing import behind, code_of, replaced, with_keyword
from torchwise.doctor.rules.cut_words import fix_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import both, note

UNUSED = re.compile(
    r"differentiated Tensors? .{0,40}not have been used|appears to not have been used in the graph", re.S
)
NO_GRAD = re.compile(r"differentiated Tensors .{0,20}does not require grad", re.S)
FACTORIES = {
    "rand",
    "randn",
    "zeros",
    "ones",
    "linspace",
    "arange",
    "tensor",
    "empty",
    "full",
    "rand_like",
    "randn_like",
}


def input_not_in_graph(case: Case) -> Iterator[Finding]:
    """TW509: autograd.grad for an input that the output was not computed from, or that doesn't require grad."""
    frame = autograd_frame(case)
    if frame is None or frame.function != "grad" or not isinstance(case.error, RuntimeError):
        return
    unused, without = UNUSED.search(case.text), NO_GRAD.search(case.text)
    if not (unused or without) or case.frame is None or not isinstance(case.frame.node, ast.Call):
        return
    outputs, inputs = _tensors(frame.locals.get("outputs")), _tensors(frame.locals.get("inputs"))
    graph = graph_of(outputs, unpack=False)
    leaves = {id(leaf) for leaf in graph.leaves()}
    if without:
        index = next((i for i, t in enumerate(inputs) if not t.requires_grad), None)
    else:
        index = next((i for i, t in enumerate(inputs) if id(t) not in leaves and t not in graph), None)
    spot = _input_spot(case, case.frame.node, index or 0, len(inputs))
    if spot is None or index is None:
        what = note("an input that the output does not depend on is asked for its gradient")
        yield case.finding("TW509", what, fix="allow_unused=True", sure=False)
        return
    named = _named(case, spot)
    lacking = [s for i, t in enumerate(inputs) if not t.requires_grad
               and (s := _input_spot(case, case.frame.node, i, len(inputs))) is not None]  # fmt: skip
    if without and (common := _common_points(case, lacking)) is not None:
        named = common
    yield _without_grad(case, named) if without else _unused(case, named, case.frame.node)


def _tensors(value: object) -> list[Tensor]:
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, Tensor)]


def _input_spot(case: Case, call: ast.Call, index: int, count: int) -> Spot | None:
    """The expression of one of the inputs."""
    given = keyword_of(call, "inputs") or (call.args[1] if len(call.args) > 1 else None)
    if given is None:
        return None
    if count > 1 or isinstance(given, ast.List | ast.Tuple):
        made = case.flow.born(case.spot(given))
        if isinstance(made.node, ast.List | ast.Tuple) and index < len(made.node.elts):
            return made.at(made.node.elts[index], ())
    return case.spot(given)


def _named(case: Case, spot: Spot) -> Spot:
    """The variable as the outermost function calls it that made it: `t` where a helper says `wrt`."""
    found = spot
    for step in case.flow.trail(spot):
        if not isinstance(step.node, ast.Name | ast.Attribute | ast.Subscript) or step.frame is None:
            break
        found = step
    return found


def _unused(case: Case, spot: Spot, call: ast.Call) -> Finding:
    """How the output was computed without the input."""
    output = keyword_of(call, "outputs") or (call.args[0] if call.args else None)
    name = spot.text
    what = note("{output} was not computed from {input}, so it has no gradient for it",
                output=ast.unparse(output) if output is not None else note("the output"), input=name)  # fmt: skip
    model = _model_call(case, case.spot(output)) if output is not None else None
    items = spot.value()
    index = re.search(r"at index (\d+)", case.text)
    if isinstance(items, list | tuple) and index is not None:  # the weights of a model, of which one takes no part
        why = note("number {index} of {input} takes no part in the output", index=int(index[1]), input=name)
        change = with_keyword(case.spot(call), "allow_unused", "True")
        return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend)
    if model is not None and isinstance(model.node, ast.Call):
        given = both([model.source.text(item) for item in model.node.args])
        why = note(
            "{call} gets {given}; {input} is another tensor in the graph", call=model.text, given=given, input=name
        )
        if (late := _late(case, spot, model)) is not None:
            fix = note("{code}  before line {line}", code=" ".join(late.text.split()), line=model.line)
            return case.finding("TW509", what, why=why, fix=fix, mend=late)
        if (cut := _cut(case, model)) is not None:
            return case.finding("TW509", what, why=why, fix=cut.text, mend=cut.mend)
        change = _with_parts(case, spot, model)
        return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend)
    why = note("the gradient can be taken only for tensors that the output was made from")
    change = with_keyword(case.spot(call), "allow_unused", "True")
    return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend, sure=False)


def _model_call(case: Case, spot: Spot) -> Spot | None:
    """The call of a module that an output comes from."""
    for step in case.flow.trail(spot):
        if isinstance(step.node, ast.Call) and isinstance(callee(case.flow, step), nn.Module):
            return step
    search = Search(case, to_modules=True)
    search.visit(spot)
    ends = [f.spot for f in search.found if isinstance(f.end, nn.Module) and isinstance(f.spot.node, ast.Call)]
    return ends[0] if ends else None


def _late(case: Case, spot: Spot, model: Spot) -> Spot | None:
    """The line that makes the input a new tensor, if it stands behind the call of the model."""
    before = case.flow.before(spot)
    if before is None:
        return None
    statement = before.at(before.source.statement_of(before.node), ())
    made, called = assigned_at(case, statement.node), assigned_at(case, model.source.statement_of(model.node))
    return statement if made is not None and called is not None and made > called else None


def _cut(case: Case, model: Spot) -> Change | None:
    """A detach in what the model is given."""
    assert isinstance(model.node, ast.Call), "asked before"
    for item in model.node.args:
        for step in [model.at(item, ()), *case.flow.trail(model.at(item, ()))]:
            if isinstance(step.node, ast.Call) and call_name(step.node) in ("detach", "tensor", "clone"):
                search = Search(case)
                search.visit(step)
                for found in search.found:
                    if found.cuts and isinstance(made := fix_of(found.cut, found.cut.spot), Change):
                        return made
                if call_name(step.node) == "detach" and isinstance(step.node.func, ast.Attribute):
                    return replaced(step, step.node, step.source.text(step.node.func.value))
    return None


def _with_parts(case: Case, spot: Spot, model: Spot) -> Change:
    """The model called with the tensors whose gradients are wanted, where they are slices of what it gets."""
    assert isinstance(model.node, ast.Call), "asked before"
    text = f"{model.source.text(model.node.func)}({spot.text})"
    before = case.flow.before(spot)
    whole = next(iter(model.node.args), None)
    if before is not None and whole is not None:
        statement = before.source.statement_of(before.node)
        names: list[str] = []
        for other in _siblings(before.source.scope_of(statement), ast.unparse(whole)):
            names += other
        if spot.text in names and len(names) > 1:
            text = f"{model.source.text(model.node.func)}(torch.cat([{', '.join(names)}], dim=1))"
    return replaced(model, model.node, text)


def _siblings(scope: ast.AST, whole: str) -> Iterator[list[str]]:
    """The names that are given slices of a tensor: x and t of `x, t = points[:, 0:1], points[:, 1:2]`."""
    for node in ast.walk(scope):
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        is_list = isinstance(node.value, ast.Tuple) and isinstance(target, ast.Tuple)
        values = node.value.elts if is_list and isinstance(node.value, ast.Tuple) else [node.value] * len(targets)
        names = [
            ast.unparse(t) for t, v in zip(targets, values, strict=False)
            if any(isinstance(n, ast.Name) and n.id == whole for n in ast.walk(v)) and not isinstance(v, ast.Name)
            and (isinstance(v, ast.Subscript) or call_name(v) in ("split", "chunk", "unbind", "narrow"))
        ]  # fmt: skip
        if names:
            yield names


def _without_grad(case: Case, spot: Spot) -> Finding:
    """The input is made so that it requires grad."""
    name = spot.text
    what = note("{input} doesn't require grad, so there is no gradient for it", input=name)
    why = note("requires_grad must be set before the output is computed from it")
    if (first := _first_use_in_loop(case, spot)) is not None:
        change = put_before(first, f"{name}.requires_grad_()")
        fix: Words = note("{code}  before line {line}", code=change.text, line=first.line)
        return case.finding("TW509", what, why=why, fix=fix, mend=change.mend)
    made, before = case.flow.born(spot), case.flow.before(spot)
    is_own = made.frame is spot.frame and made.frame is not None
    if (is_own or _is_called_once(case, made)) and not made.path and isinstance(made.node, ast.Call | ast.BinOp):
        if call_name(made.node) in FACTORIES:
            change = with_keyword(made, "requires_grad", "True")
        else:
            change = replaced(made, made.node, f"{code_of(made)}.requires_grad_()")
        return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend)
    if before is not None and not before.path and isinstance(before.node, ast.expr) and before.frame is spot.frame:
        change = replaced(before, before.node, f"{code_of(before)}.requires_grad_()")
        return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend)
    fix = note("{name}.requires_grad_()  before the output is computed", name=name)
    where = behind(before, f"{name}.requires_grad_()").mend if before is not None and before.frame is not None else None
    return case.finding("TW509", what, why=why, fix=fix, mend=where)


def _common_points(case: Case, spots: list[Spot]) -> Spot | None:
    """The points that several inputs are cut out of: points[:, :1], points[:, 1:]."""
    found = []
    for spot in spots:
        made = case.flow.born(spot)
        bases = [node.value for node in ast.walk(made.node) if isinstance(node, ast.Subscript)]
        found += [made.at(base, ()) for base in bases if isinstance(base, ast.Name)][:1]
    same = {(spot.source.file, ast.unparse(spot.node)) for spot in found}
    return found[0] if len(found) == len(spots) > 1 and len(same) == 1 else None


def _first_use_in_loop(case: Case, spot: Spot) -> Spot | None:
    """The first use of a batch that a loop takes from a loader, in that loop."""
    found = binding_of(spot.source, spot.node.id, spot.node) if isinstance(spot.node, ast.Name) else None
    if found is None or found[0].kind != "element" or not isinstance(spot.node, ast.Name):
        return None
    name = spot.node.id
    uses = [n for n in ast.walk(found[0].statement)
            if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]  # fmt: skip
    return spot.at(min(uses, key=lambda node: (node.lineno, node.col_offset)), ()) if uses else None


def _is_called_once(case: Case, made: Spot) -> bool:
    """Whether an expression stands in a function of the user's that has only one call."""
    scope = made.source.scope_of(made.node)
    name = getattr(scope, "name", "")
    calls = [n for source in case.flow.sites.sources for n in source.parents
             if isinstance(n, ast.Call) and call_name(n) == name]  # fmt: skip
    return made.frame is None and len(calls) == 1


RULES = (input_not_in_graph,)
