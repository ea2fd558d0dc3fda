"""Where an operand is best brought into another shape: where it was written down, made for this use, or at the use."""

import ast
from collections.abc import Iterator

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.births.words import dtype_of_value
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import RANDOM
from torchwise.doctor.tracing.called import FACTORIES
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.fitting import Shape, attached, cut_text, one_more
from torchwise.doctor.tracing.operands import Shaped, sizes_of
from torchwise.doctor.tracing.passing import CREATED
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.texts import note

SAME = {
    "Parameter", "Variable", "to", "cuda", "float", "double", "detach", "clone", "contiguous", "type_as",
    "requires_grad_", "bool", "half",
}  # fmt: skip


def arranged(
    case: Case,
    item: Shaped,
    text: str,
    around: ast.AST | None,
    wanted: Shape | None = None,
    beside: Shaped | None = None,
) -> Change:
    """`text` put behind an operand (.unsqueeze(1)), at the best place.

    around: the failing operation, in which it is shown where it is put there. wanted: the shape that comes of it, where
    only dimensions of 1 are put in, so that a factory can be asked for it. beside: what it is to fit.
    """
    born = _born_beside(case, item, beside)
    if born is not None:
        asked = _asked(case, born, item, wanted) if wanted is not None else None
        return asked or attached(born, text, 0, "").change
    made = maker(case, item)
    if made is not None and wanted is not None and (change := _asked(case, made, item, wanted)) is not None:
        return change
    if made is not None and _is_written_down(made.node):
        return attached(made, text, 0, "").change
    own = _given_by_helper(case, item) or _own_assignment(case, item)
    if own is not None:
        return attached(own, text, 0, "").change
    return attached(item.spot, text, 0, "", around).change


def cut(case: Case, one: Shaped, other: Shaped, around: ast.AST | None) -> Iterator[Candidate]:
    """The longer of two tensors without its last value, or its first, where the other was cut so: values[:-1]."""
    found = one_more(one.shape, other.shape)
    if found is None or one.spot is other.spot:
        return
    longer, shorter = (one, other) if found[0] == 0 else (other, one)
    steps = [step.spot.node for step in Chain(sizes_of(case), shorter.spot).steps]
    slices = [
        part
        for node in steps
        if isinstance(node, ast.Subscript)
        for part in ast.walk(node)
        if isinstance(part, ast.Slice)
    ]
    text = cut_text(found[1], first=any(ast.unparse(part) == "1:" for part in slices))
    more = note("{longer} has one more than {shorter}", longer=longer.text, shorter=shorter.text)
    cost = 2.3 + 1.0 * (not slices and dtype_of_value(shorter.value) == "bool")  # a mask that is made whole, too short
    yield cost, attached(longer.spot, text, cost, "cut", around).change, more


def maker(case: Case, item: Shaped) -> Spot | None:
    """The expression that made an operand, if that was somewhere else, and for one use."""
    steps = Chain(sizes_of(case), item.spot).steps
    for step in steps[1:]:
        if step.link in ("sample", "rows") or sizes_of(case).shape(step.spot) != item.shape:
            return None
        node = step.spot.node
        name = call_name(node)
        if name in RANDOM and not any(isinstance(s.spot.node, ast.Attribute) for s in steps):
            return None  # it stands for the data
        is_made = isinstance(node, ast.Call) and name not in SAME and name in FACTORIES | CREATED
        if is_made or isinstance(node, ast.Compare):
            return step.spot
        if isinstance(node, ast.Call) and name not in SAME and case.flow.before(step.spot) is None:
            return None
    return None


def _born_beside(case: Case, item: Shaped, beside: Shaped | None) -> Spot | None:
    """Where an operand was made, if the one that it is to fit was made in the same function, and both are used here."""
    here = item.spot.source.scope_of(item.spot.node)
    if beside is None:
        return None
    scopes = {step.source.scope_of(step.node) for step in case.flow.trail(beside.spot)}
    for step in Chain(sizes_of(case), item.spot).steps[1:]:
        scope = step.spot.source.scope_of(step.spot.node)
        is_sample = getattr(scope, "name", "") in ("__getitem__", "__iter__")
        if step.link != "same" or is_sample or sizes_of(case).shape(step.spot) not in (item.shape, None):
            return None
        is_made = isinstance(step.spot.node, ast.Call | ast.BinOp | ast.Subscript)
        if is_made and case.flow.before(step.spot) is None:
            return step.spot if scope is not here and scope in scopes and not isinstance(scope, ast.Module) else None
    return None


def _given_by_helper(case: Case, item: Shaped) -> Spot | None:
    """What a function of the user's returns as the operand, if all that call it are served by another shape.

    They are if it is called for the same lines only, or has an argument that it makes nothing of (the shape of x).
    """
    here = item.spot.source.scope_of(item.spot.node)
    call: Spot | None = None
    for chained in Chain(sizes_of(case), item.spot).steps:
        step, scope = chained.spot, chained.spot.source.scope_of(chained.spot.node)
        if chained.link in ("sample", "rows") or sizes_of(case).shape(step) not in (item.shape, None):
            return None
        if scope is not here:
            break
        call = step
    else:
        return None
    name = call_name(call.node) if call is not None and isinstance(call.node, ast.Call) else None
    if name is None or not isinstance(scope, ast.FunctionDef) or scope.name != name or step.path:
        return None
    if not isinstance(step.node, ast.expr):
        return None
    return step if _unread(scope) or _called_only(case, name, here) else None


def _unread(scope: ast.FunctionDef) -> set[str]:
    """The parameters that a function does not read."""
    read = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name)}
    return {argument.arg for argument in scope.args.args} - read - {"self", "cls"}


def _called_only(case: Case, name: str, here: ast.AST) -> bool:
    """Whether a function is called in one scope only."""
    calls = [(s, n) for s in case.flow.sites.sources for n in ast.walk(s.tree)
             if isinstance(n, ast.Call) and call_name(n) == name]  # fmt: skip
    return all(source.scope_of(node) is here for source, node in calls)


def _is_written_down(node: ast.AST) -> bool:
    """Whether an expression is a tensor written out, or a comparison that makes a mask."""
    is_literal = isinstance(node, ast.Call) and call_name(node) in ("tensor", "as_tensor", "array", "FloatTensor")
    return is_literal or isinstance(node, ast.Compare)


def _asked(case: Case, made: Spot, item: Shaped, wanted: Shape) -> Change | None:
    """A factory such as zeros(dim) asked for zeros(1, 1, dim)."""
    node = made.node
    if not isinstance(node, ast.Call) or call_name(node) not in FACTORIES:
        return None
    sizes = list(node.args)
    if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List):
        sizes = list(sizes[0].elts)
    if len(sizes) != len(item.shape) or any(isinstance(size, ast.Starred) for size in sizes) or not sizes:
        return None
    texts, rest = [], [made.source.text(size) for size in sizes]
    own = list(item.shape)
    for size in wanted:
        if own and size == own[0]:
            own.pop(0)
            texts.append(rest.pop(0))
        else:
            texts.append("1")
    if own:
        return None
    first, last = sizes[0], sizes[-1]
    code = made.text
    begin = code.index(made.source.text(first), code.index("("))
    end = code.rindex(made.source.text(last)) + len(made.source.text(last)) if len(sizes) > 1 else (
        begin + len(made.source.text(first))
    )  # fmt: skip
    return replaced(made, node, f"{code[:begin]}{', '.join(texts)}{code[end:]}")


def _own_assignment(case: Case, item: Shaped) -> Spot | None:
    """The assignment that gave the operand its name, if the name is read nowhere else in the function."""
    node, spot = item.spot.node, item.spot
    if not isinstance(node, ast.Name) or spot.path:
        return None
    scope = spot.source.scope_of(node)
    bindings = [binding for binding in bindings_in(scope, node.id) if binding.kind != "parameter"]
    reads = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Load)]
    here = spot.source.statement_of(node)
    elsewhere = [n for n in reads if spot.source.statement_of(n) is not here]
    made = case.flow.before(spot)
    if len(bindings) != 1 or elsewhere or made is None or made.path or made.frame is not spot.frame:
        return None
    if bindings[0].node is not made.node or not isinstance(made.node, ast.Call | ast.Subscript | ast.BinOp):
        return None
    return made
