"""`.grad` is None where a gradient was expected."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.contexts import switched_off
from torchwise.doctor.gradients.freezing import frozen_whole
from torchwise.doctor.objects.leaves import leaf_instead, made_by
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.past.training import backwards, calls_named
from torchwise.doctor.past.writing import before, code_of, indent_of, replaced
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

SAYS = re.compile(r"NoneType")


def gradient_is_none(case: Case) -> Iterator[Finding]:
    """TW509: the line works with x.grad, which is None."""
    if not isinstance(case.error, AttributeError | TypeError) or not SAYS.search(case.text) or case.frame is None:
        return
    frame = case.frame
    if frame.source is None or frame.node is None:
        return
    statement = frame.source.statement_of(frame.node)
    found = next(
        (
            node for node in ast.walk(statement)
            if isinstance(node, ast.Attribute) and node.attr == "grad" and _has_none(case.value(node.value))
        ),
        None,
    )  # fmt: skip
    if found is not None:
        tensor = case.value(found.value)
        spot = case.spot(found.value)
        what = note(
            "{name}.grad is None: {name} {shape} got no gradient", name=spot.text, shape=shape_text(tensor.shape)
        )
        yield _reason(case, spot, tensor, what)


def _has_none(value: object) -> bool:
    """Whether a tensor has no gradient; those of others than leaves are not even looked at, torch warns of that."""
    return isinstance(value, Tensor) and (not value.is_leaf or value.grad is None)


def _reason(case: Case, spot: Spot, tensor: Tensor, what: Words) -> Finding:
    """Why there is no gradient, the surest reason first."""
    if tensor.grad_fn is not None:
        return _not_a_leaf(case, spot, what)
    if not tensor.requires_grad:
        return _not_required(case, spot, tensor, what)
    last = next(reversed(backwards(case)), None)
    if last is None:
        why = note("gradients come into being with backward(), which has not been called yet")
        fix = note("loss.backward()  before this line")
        return case.finding("TW509", what, why=why, fix=fix)
    zeroed = [
        (index, ran) for index, ran, _ in calls_named(case, "zero_grad") if index > last.index and ran.turn == "this"
    ]
    if zeroed:
        zero = zeroed[-1][1].spot
        why = note(
            "{code} in line {line} stands behind backward, and sets all gradients to None",
            code=zero.text,
            line=zero.line,
        )
        fix = note("{code}  before line {line}", code=zero.text, line=last.spot.line)
        return case.finding("TW509", what, why=why, fix=fix, mend=zero)
    return _not_used(case, spot, tensor, what)


def _not_a_leaf(case: Case, spot: Spot, what: Words) -> Finding:
    """The tensor was made by an operation: a weight that was bound anew, or a leaf that was moved or scaled."""
    why = note("backward keeps gradients for leaves only; {name} is the result of an operation", name=spot.text)
    made = made_by(case.flow, spot)
    setting = _update(case, spot)
    if setting is not None:
        return _bound_anew(case, setting, spot.text, what)
    if made is not None:
        change = leaf_instead(case.flow, made)
        return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW509", what, why=why, fix=note("{name}.retain_grad()  before backward", name=spot.text))


def _bound_anew(case: Case, setting: Spot, name: str, what: Words) -> Finding:
    """W = w - lr * w.grad, written as a change in place under no_grad."""
    node = setting.node
    assert isinstance(node, ast.Assign), "asked before"
    value, code = node.value, setting.source.text(node)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub) and ast.unparse(value.left) == name:
        code = f"{name} -= {setting.source.text(value.right)}"
    why = note(
        "{code} makes {name} a new tensor, no longer the leaf it was", code=" ".join(setting.text.split()), name=name
    )
    new = code
    if switched_off(setting) is None:
        new = f"with torch.no_grad():\n{indent_of(setting.source, node)}    {code}"
        code = f"with torch.no_grad():\n    {code}"
    mend = Mend(file=setting.file, line=setting.line, old=setting.source.text(node), new=new)
    return case.finding("TW509", what, why=why, fix=code, mend=mend)


def _update(case: Case, spot: Spot) -> Spot | None:
    """W = w - lr * w.grad: the line that bound a weight anew in an earlier turn."""
    for ran in reversed(ran_before(case)):
        node = ran.spot.node
        if (
            isinstance(node, ast.Assign)
            and ran.spot.source is spot.source
            and spot.text in map(ast.unparse, node.targets)
        ):
            reads = any(
                ast.unparse(item) == spot.text
                for item in ast.walk(node.value)
                if isinstance(item, ast.Name | ast.Attribute)
            )
            if reads and any(isinstance(item, ast.Attribute) and item.attr == "grad" for item in ast.walk(node.value)):
                return ran.spot
    frame = case.frame
    statement = spot.source.statement_of(spot.node) if frame is not None else None
    if isinstance(statement, ast.Assign) and spot.text in map(ast.unparse, statement.targets):
        return spot.at(statement, ())
    return None


def _not_required(case: Case, spot: Spot, tensor: Tensor, what: Words) -> Finding:
    """The tensor doesn't ask for a gradient: frozen, or never told to."""
    why = note("{name}.requires_grad is False", name=spot.text)
    if isinstance(tensor, nn.Parameter):
        owner = _owner(case, tensor)
        freeze = frozen_whole(case, owner) if owner is not None else None
        fix: Words = note("if {name}.grad is not None:  before it, or leave out the frozen ones", name=spot.text)
        return case.finding("TW509", what, why=why, fix=fix, mend=freeze.spot if freeze is not None else None)
    if (setting := _update(case, spot)) is not None:
        return _bound_anew(case, setting, spot.text, what)
    made = [step for step in case.flow.trail(spot)[1:] if step.frame is not None and not step.path]
    made = [step for step in made if isinstance(step.node, ast.Call | ast.BinOp | ast.Subscript)]
    if made:
        change = replaced(made[-1], made[-1].node, f"{code_of(made[-1])}.requires_grad_()")
        return case.finding("TW509", what, why=why, fix=change.text, mend=change.mend)
    code = f"{spot.text}.requires_grad_()"
    first = _first_use(case, spot)
    mend = before(first, code).mend if first is not None else None
    return case.finding("TW509", what, why=why, fix=note("{code}  before the forward pass", code=code), mend=mend)


def _first_use(case: Case, spot: Spot) -> Spot | None:
    """The first line of the function that reads a variable."""
    scope = spot.source.scope_of(spot.node)
    loads = [
        node for node in ast.walk(scope)
        if isinstance(node, ast.Name) and node.id == spot.text and isinstance(node.ctx, ast.Load)
    ]  # fmt: skip
    return spot.at(min(loads, key=lambda node: (node.lineno, node.col_offset)), ()) if loads else None


def _owner(case: Case, tensor: Tensor) -> nn.Module | None:
    """The module that a parameter belongs to, of all modules in the frames' variables."""
    return next((m for m in _modules(case) if any(p is tensor for p in m.parameters(recurse=False))), None)


def _modules(case: Case) -> Iterator[nn.Module]:
    """All modules in the frames' variables, with their parts."""
    for frame in case.user:
        for value in [*frame.locals.values(), *getattr(frame.receiver(), "__dict__", {}).values()]:
            if isinstance(value, nn.Module):
                yield from value.modules()


def _not_used(case: Case, spot: Spot, tensor: Tensor, what: Words) -> Finding:
    """The parameter took no part in the loss: a layer that forward doesn't use."""
    owner = _owner(case, tensor)
    path = case.path_of(owner)
    fix: Words = note("if {name}.grad is not None:  before it", name=spot.text)
    if owner is None or not path:
        why = note("the loss doesn't depend on it")
        return case.finding("TW509", what, why=why, fix=fix, sure=False)
    why = note("it belongs to {path}, which took no part in the loss", path=path)
    if (twin := _used_in_its_place(case, owner)) is not None:
        forward, node, name = twin
        change = replaced(forward, node, f"self.{name}")
        why = note(
            "it belongs to {path}, which forward doesn't use; {twin} is used twice", path=path, twin=ast.unparse(node)
        )
        line = forward.source.line(change.mend.line)
        last = line.replace(ast.unparse(node), str(change.text), 1)
        return case.finding("TW509", what, why=why, fix=last, mend=change.mend)
    return case.finding("TW509", what, why=why, fix=fix, mend=case.site_of(owner))


def _used_in_its_place(case: Case, owner: nn.Module) -> tuple[Spot, ast.Attribute, str] | None:
    """A sibling of the same kind that forward uses twice while it doesn't use this layer."""
    for parent in _modules(case):
        name = next((n for n, child in parent.named_children() if child is owner), None)
        for source, definition in class_nodes(type(parent)) if name is not None else ():
            forward = method_of(definition, "forward")
            uses: dict[str, list[ast.Attribute]] = {}
            for node in ast.walk(forward or ast.Pass()):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                    uses.setdefault(node.attr, []).append(node)
            if forward is None or name is None or name in uses:
                continue
            for other, nodes in uses.items():
                twin = dict(parent.named_children()).get(other)
                if len(nodes) > 1 and type(twin) is type(owner) and twin.extra_repr() == owner.extra_repr():
                    return Spot(source, forward, receiver=parent), nodes[-1], name
    return None


RULES = (gradient_is_none,)
