"""Losses that have no graph: nothing on the way from them leads to a weight that can learn."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn
from torch.optim import Optimizer

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.contexts import switched_off_for_all
from torchwise.doctor.gradients.cuts import Cut, Found, Search
from torchwise.doctor.gradients.freezing import Freeze, frozen_whole
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.leaves import made_by
from torchwise.doctor.past.training import loss_node, parameters_of
from torchwise.doctor.past.writing import behind, code_of, replaced, with_keyword
from torchwise.doctor.rules.cut_words import fix_of, what_of, why_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

SAYS = re.compile(r"element \d+ of (tensors|variables) does not require grad", re.I)
NUMBER = re.compile(r"'(float|int|numpy\.\w+|ndarray|float32|float64)' object has no attribute 'backward'")
ASIDE = re.compile(
    r"target|advantage|baseline|value|return|old|next|teacher|ema|momentum|weight|mask|label|truth|frozen|anchor", re.I
)
RANKS = {
    "rewrapped": 0, "numbers": 0, "classes": 0, "arrays": 0, "once": 0, "compared": 1, "cast": 1, "sampled": 1,
    "off": 2, "detached": 2,
}  # fmt: skip


def loss_has_no_graph(case: Case) -> Iterator[Finding]:
    """TW506: backward of a value that no weight can be reached from."""
    is_number = isinstance(case.error, AttributeError) and NUMBER.search(case.text)
    if not is_number and not (isinstance(case.error, RuntimeError) and SAYS.search(case.text)):
        return
    if case.frame is None or case.frame.node is None:
        return
    node = case.frame.node
    loss = node.value if isinstance(node, ast.Attribute) and node.attr == "backward" else loss_node(node)
    if loss is None:
        return
    if (everywhere := switched_off_for_all(case)) is not None:
        yield _for_all(case, everywhere)
        return
    search = Search(case)
    search.visit(case.spot(loss))
    cut = [found for found in search.found if found.cuts and not found.is_frozen]
    found = list(_by_cut(case, loss, cut))
    text = ast.unparse(loss)
    found += list(_optimized(case, text)) or list(_of_input(case, text)) or list(_frozen(case, search.found))
    yield from found[:2] if found else _without_weights(case, loss)


def _by_cut(case: Case, loss: ast.AST, found: list[Found]) -> Iterator[Finding]:
    """What cuts the graph, the likeliest first."""
    order = sorted(enumerate(found), key=lambda item: (_rank(item[1]), item[0]))
    seen = set()
    for index, (_, way) in enumerate(order):
        cut = way.cut
        spot = _where_used(case, cut)
        if spot.node in seen:
            continue
        seen.add(spot.node)
        made = _flag(case, cut) or fix_of(cut, spot)
        fix, mend = (made.text, made.mend) if isinstance(made, Change) else (made, spot)
        what, why = what_of(cut, ast.unparse(loss)), why_of(cut, way)
        yield case.finding("TW506", what, why=why, fix=fix, mend=mend, sure=index == 0)


def _flag(case: Case, cut: Cut) -> Change | None:
    """`set_grad_enabled(train)` in a function: the call that handed a false flag over, or none at all."""
    node = cut.off.spot.node if cut.off is not None else None
    given = node.args[0] if isinstance(node, ast.Call) and call_name(node) == "set_grad_enabled" and node.args else None
    if cut.off is None or not isinstance(given, ast.Name):
        return None
    flag = cut.off.spot.at(given, ())
    before = case.flow.before(flag)
    if flag.caller is None or before is None or not isinstance(before.node, ast.Constant) or before.node.value:
        return None
    if before.node in set(ast.walk(flag.caller.node)):
        return replaced(before, before.node, "True")
    return with_keyword(flag.caller, given.id, "True") if isinstance(flag.caller.node, ast.Call) else None


def _rank(way: Found) -> float:
    """How likely a cut is a fault: what is detached for good reason has names such as target and advantage."""
    cut = way.cut
    names = {node.id for node in ast.walk(cut.spot.node) if isinstance(node, ast.Name)}
    statement = cut.spot.source.statement_of(cut.spot.node)
    targets = getattr(statement, "targets", [])
    names |= {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    scope = cut.spot.source.scope_of(cut.spot.node)
    names.add(getattr(scope, "name", ""))
    aside = any(ASIDE.search(name) for name in names) and cut.kind in ("detached", "off", "compared", "cast", "sampled")
    return RANKS.get(cut.kind, 1) + 3 * aside


def _where_used(case: Case, cut: Cut) -> Spot:
    """Where a cut is to be mended: of a helper that others use too, the call of it."""
    spot = cut.spot
    if cut.kind == "once":
        return spot
    while spot.caller is not None and spot.frame is None:
        scope = spot.source.scope_of(spot.node)
        if cut.off is not None and cut.off.is_decorator and spot is cut.spot:
            scope = spot.source.parents.get(spot.node, scope)  # type: ignore[assignment]
        name = getattr(scope, "name", "")
        uses = sum(
            name == (node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else "")
            for source in case.flow.sites.sources for node in ast.walk(source.tree)
        )  # fmt: skip
        if not name or uses <= 1 or name in ("forward", "__call__", "__init__", "__getitem__"):
            break
        spot = spot.caller
    return spot


def _for_all(case: Case, spot: Spot) -> Finding:
    """Gradients were switched off and never on again."""
    what = note("gradients are switched off for the whole program, so the loss has no graph")
    why = note("{code} holds from then on, for training too", code=spot.text)
    fix = note("with torch.no_grad():  around the evaluation, in place of {code}", code=spot.text)
    return case.finding("TW506", what, why=why, fix=fix, mend=spot)


def _frozen(case: Case, found: list[Found]) -> Iterator[Finding]:
    """All weights on the way are frozen."""
    ways = [way for way in found if way.is_frozen]
    modules = [way.end for way in ways if isinstance(way.end, nn.Module)]
    if not modules:
        return
    owner = _owner(case, modules[0])
    freeze = frozen_whole(case, owner) or frozen_whole(case, modules[0])
    count = sum(1 for _ in owner.parameters())
    name = case.path_of(owner) or type(owner).__name__
    what = note(
        "all {count} parameters of {model} are frozen, so the loss depends on nothing that can learn",
        count=count,
        model=name,
    )
    if freeze is None:
        head = _head(owner)
        layer = f"{name}.{head}" if head else name
        why = note("requires_grad is False for each of them")
        yield case.finding("TW506", what, why=why, fix=f"{layer}.requires_grad_(True)", mend=case.site_of(modules[0]))
        return
    yield unfrozen(case, freeze, what, owner)


def _owner(case: Case, module: nn.Module) -> nn.Module:
    """The largest frozen model around a module."""
    for frame in case.user:
        for value in [
            *frame.locals.values(),
            *list(getattr(frame.receiver(), "__dict__", {}).get("_modules", {}).values()),
        ]:
            if not isinstance(value, nn.Module) or module not in set(value.modules()):
                continue
            if not any(parameter.requires_grad for parameter in value.parameters()):
                return value
    return module


def _head(owner: nn.Module) -> str:
    """The last part of a model that has weights."""
    found = [name for name, child in owner.named_children() if any(True for _ in child.parameters())]
    return found[-1] if found else ""


def unfrozen(case: Case, freeze: Freeze, what: Words, owner: nn.Module, code: str = "TW506") -> Finding:
    """The new head of a frozen model is thawed, or the condition that should spare it is mended."""
    head, name = _head(owner), case.path_of(owner) or type(owner).__name__
    layer = f"{name}.{head}" if head else name
    subject = " ".join(freeze.subject.text.split())
    if freeze.test is not None:
        strings = [n for n in ast.walk(freeze.test.node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        if len(strings) == 1 and head:
            why = note(
                "no parameter of the model is spared by {test}; its last layer is called {head}",
                test=freeze.test.text,
                head=head,
            )
            change = replaced(freeze.test, strings[0], repr(head).replace("'", '"'))
            fix = freeze.test.text.replace(freeze.test.source.text(strings[0]), str(change.text))
            return case.finding(code, what, why=why, fix=fix, mend=change.mend)
    why = note(
        "line {line} freezes {subject} whole, the layer that should learn with it",
        line=freeze.spot.line,
        subject=subject,
    )
    thawed = f"{subject}.{head}" if head and subject.isidentifier() else layer
    change = behind(freeze.spot, f"{thawed}.requires_grad_(True)")
    return case.finding(code, what, why=why, fix=note("{code}  behind it", code=change.text), mend=change.mend)


def _optimized(case: Case, loss: str) -> Iterator[Finding]:
    """A plain tensor that an optimizer holds, which was never asked to require a gradient."""
    for frame in reversed(case.user):
        held = [*frame.locals.values(), *getattr(frame.receiver(), "__dict__", {}).values()]
        tensors = [t for o in held if isinstance(o, Optimizer) for t in parameters_of(o)
                   if not t.requires_grad and not isinstance(t, nn.Parameter)]  # fmt: skip
        reads = [node for node in ast.walk(frame.scope or ast.Pass()) if isinstance(node, ast.Name | ast.Attribute)
                 and tensors and any(case.value(node, frame) is tensor for tensor in tensors)]  # fmt: skip
        made = made_by(case.flow, case.flow.spot(frame, reads[0])) if reads else None
        if made is None:
            continue
        name, text = ast.unparse(reads[0]), f"{code_of(made)}.requires_grad_()"
        what = note("{loss} depends on no tensor that requires grad", loss=loss)
        why = note("the optimizer holds {tensor}, but {tensor} doesn't require grad", tensor=name)
        yield case.finding("TW506", what, why=why, fix=text, mend=replaced(made, made.node, text).mend)
        return


def _of_input(case: Case, loss: str) -> Iterator[Finding]:
    """The gradient of an input is wanted, but the input doesn't require it."""
    grads = _wanted_grads(case)
    if grads is None:
        return
    where, text = grads
    what = note("{loss} depends on no tensor that requires grad", loss=loss)
    why = note("the gradient of {tensor} is read later, but {tensor} doesn't require grad", tensor=text)
    fix = f"{code_of(where)}.requires_grad_()"
    yield case.finding("TW506", what, why=why, fix=fix, mend=replaced(where, where.node, fix).mend)


def _without_weights(case: Case, loss: ast.AST) -> Iterator[Finding]:
    """No weight was met on any way."""
    spot = case.spot(loss)
    value = spot.value()
    born = case.flow.born(spot)
    name = ast.unparse(loss)
    if isinstance(born.node, ast.Constant) or (isinstance(value, Tensor) and value.dim() == 0 and _is_fresh(born)):
        what = note("{loss} is still the value it began with: nothing was added to it", loss=name)
        why = note("a constant has no graph")
        fix = note("go backward only if a loss was computed")
        yield case.finding("TW506", what, why=why, fix=fix, mend=born, sure=False)
        return
    what = note("{loss} has no graph: no weight that requires grad was used for it", loss=name)
    why = note("backward follows the graph from the loss to the weights; there is none")
    fix = note("compute the loss from the model's output, in torch and with gradients on")
    yield case.finding("TW506", what, why=why, fix=fix, mend=born if born.node is not loss else None, sure=False)


def _is_fresh(spot: Spot) -> bool:
    node = spot.node
    return isinstance(node, ast.Call) and any(word in ast.unparse(node.func) for word in ("zeros", "tensor", "full"))


def _wanted_grads(case: Case) -> tuple[Spot, str] | None:
    """A leaf whose gradient the failing function reads, but that doesn't require it: where it was made."""
    frame = case.frame
    if frame is None or frame.scope is None or frame.node is None:
        return None
    for node in ast.walk(frame.scope):
        if isinstance(node, ast.Attribute) and node.attr == "grad" and isinstance(node.value, ast.Name):
            value = frame.locals.get(node.value.id)
            if isinstance(value, Tensor) and not value.requires_grad and not isinstance(value, nn.Parameter):
                before = case.flow.before(case.flow.spot(frame, node.value))
                if before is not None and isinstance(before.node, ast.expr) and not before.path:
                    return before, node.value.id
    return None


RULES = (loss_has_no_graph,)
