"""What an optimizer is given: nothing, results instead of leaves, something that is not parameters, a parameter twice."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.gradients.freezing import frozen_whole
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.containers import plain_containers, registered
from torchwise.doctor.objects.leaves import leaf_instead
from torchwise.doctor.rules.no_gradient import unfrozen
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note


def optimizer_gets_no_parameters(case: Case) -> Iterator[Finding]:
    """TW007: the list of parameters is empty; TW003 where that is for a plain list of layers."""
    if not isinstance(case.error, ValueError) or "empty parameter list" not in case.text:
        return
    spot = params_spot(case)
    if spot is None:
        return
    trail = case.flow.trail(spot)
    what = note("the optimizer gets no parameters from {code}", code=_brief(spot.text))
    model = _model_behind(case, spot)
    used = _used_up(case, trail)
    if used is not None:
        yield used
        return
    if model is not None and (hidden := _in_plain_containers(case, model, what)) is not None:
        yield hidden
        return
    if model is not None and list(model.parameters()):
        yield _all_frozen(case, model, what, spot)
        return
    yield from _without_weights(case, model, what, spot)


def optimizer_frame(case: Case) -> Frame | None:
    """Torch's frame that took the parameters in."""
    return next(
        (
            f
            for f in case.inner
            if f.function in ("__init__", "add_param_group") and isinstance(f.locals.get("self"), Optimizer)
        ),
        None,
    )


def params_spot(case: Case) -> Spot | None:
    """The expression that was given for `params` (or for a parameter group)."""
    frame = case.frame
    if optimizer_frame(case) is None or frame is None or not isinstance(frame.node, ast.Call):
        return None
    given = keyword_of(frame.node, "params") or next(iter(frame.node.args), None)
    return case.spot(given) if given is not None else None


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 60 else code[:57] + "..."


def _model_behind(case: Case, spot: Spot) -> nn.Module | None:
    """The module whose parameters were asked for."""

    def is_asked(step: Spot) -> bool:
        node = step.node
        return isinstance(node, ast.Call) and call_name(node) in ("parameters", "named_parameters")

    found = search_back(case.flow, spot, is_asked)
    if found is None or not isinstance(found.node, ast.Call) or not isinstance(found.node.func, ast.Attribute):
        return None
    receiver = found.at(found.node.func.value, ())
    value = receiver.value()
    value = case.flow.held(receiver) if value is None else value
    for step in case.flow.trail(receiver):
        value = step.value() if value is None else value
    if value is None:
        modules = [v for f in case.user for v in f.locals.values() if isinstance(v, nn.Module)]
        value = modules[0] if len({id(m) for m in modules}) == 1 else None
    return value if isinstance(value, nn.Module) else None


def _used_up(case: Case, trail: list[Spot]) -> Finding | None:
    """A generator that something else went through before."""
    made = trail[-1]
    is_generator = isinstance(made.node, ast.GeneratorExp) or call_name(made.node) in (
        "parameters", "named_parameters", "filter", "map", "chain", "buffers",
    )  # fmt: skip
    if not is_generator:
        return None
    for step in trail:
        if not isinstance(step.node, ast.Name | ast.Attribute):
            continue
        use = _earlier_use(case, step)
        if use is None:
            continue
        text = " ".join(made.text.split())
        inner = text[1:-1] if isinstance(made.node, ast.GeneratorExp) and text.startswith("(") else text
        new = f"[{inner}]" if isinstance(made.node, ast.GeneratorExp) else f"list({text})"
        change = replaced(made, made.node, new, least=_statement(made))
        what = note("the optimizer gets an empty list: {name} is a generator that line {line} has used up",
                    name=step.text, line=use)  # fmt: skip
        why = note("{code} can be gone through once; a list as often as one likes", code=_brief(text))
        return case.finding("TW007", what, why=why, fix=change.text, mend=change.mend)
    return None


def _statement(spot: Spot) -> ast.AST | None:
    parent = spot.source.parents.get(spot.node)
    return parent if isinstance(parent, ast.Assign | ast.Return | ast.AnnAssign) else None


def _earlier_use(case: Case, step: Spot) -> int | None:
    """The line between the assignment of a generator and its use here that reads it too."""
    if isinstance(step.node, ast.Name):
        found = binding_of(step.source, step.node.id, step.node)
        scope, begin = (found[1], getattr(found[0].statement, "lineno", 0)) if found is not None else (None, 0)
    else:
        before, scope = case.flow.before(step), step.source.scope_of(step.node)
        is_same = before is not None and before.source.scope_of(before.node) is scope
        begin = before.line if before is not None and is_same else 0
    same = ast.dump(step.node)
    for node in ast.walk(scope) if scope is not None else ():
        is_other = node is not step.node and isinstance(node, ast.Name | ast.Attribute) and ast.dump(node) == same
        if is_other and begin <= getattr(node, "lineno", 0) <= step.line:
            return getattr(node, "lineno", None)
    return None


def _in_plain_containers(case: Case, model: nn.Module, what: Words) -> Finding | None:
    """Layers in a list or dictionary, which parameters() doesn't see."""
    found = plain_containers(model)
    if not found or any(p.requires_grad for p in model.parameters()):
        return None
    plain = found[0]
    change = registered(plain, case.flow)
    form = "ModuleDict" if isinstance(plain.value, dict) else "ModuleList"
    reason = note("{owner} keeps its layers in a plain {kind}, {name}; parameters() sees only layers, and those in nn.{form}",
                  owner=type(plain.module).__name__, kind=plain.kind, name=plain.name, form=form)  # fmt: skip
    return case.finding("TW003", what, why=reason, fix=change.text if change else f"nn.{form}(...)",
                        mend=change.mend if change else None)  # fmt: skip


def _all_frozen(case: Case, model: nn.Module, what: Words, spot: Spot) -> Finding:
    """Only parameters with requires_grad were taken, and all are frozen."""
    count = len(list(model.parameters()))
    if (freeze := frozen_whole(case, model)) is not None:
        return unfrozen(case, freeze, what, model, "TW007")
    return case.finding("TW007", what, why=note("none of the {count} parameters is taken", count=count), mend=spot)


def _without_weights(case: Case, model: nn.Module | None, what: Words, spot: Spot) -> Iterator[Finding]:
    """The module has no weights: its layers are made in forward, are local variables, or there are none."""
    if model is not None:
        for step in _layers_not_kept(case, model):
            why = note("{kind} has no parameters: line {line} builds a layer and does not assign it to self",
                       kind=type(model).__name__, line=step.line)  # fmt: skip
            parent = step.source.parents.get(step.node)
            is_local = isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name)
            text = (
                f"self.{step.source.text(parent)}" if is_local and parent is not None else f"self.layer = {step.text}"
            )
            yield case.finding("TW007", what, why=why, fix=" ".join(text.split()), mend=step)
            return
        why = note("{kind} has no layers with weights", kind=type(model).__name__)
        yield case.finding(
            "TW007", what, why=why, fix=note("another model, or no optimizer"), mend=case.site_of(model) or spot
        )
        return
    made = case.flow.born(spot)
    yield case.finding(
        "TW007", what, why=note("it was made at {place}", place=name_of_file(made)), mend=made, sure=False
    )


def _by_the_class(case: Case, spot: Spot, what: Words) -> Finding | None:
    """`Net().parameters()`: a list of layers in the class of a model that is not at hand."""
    call = search_back(case.flow, spot, lambda s: isinstance(s.node, ast.Call) and call_name(s.node) == "parameters")
    func = call.node.func if call is not None and isinstance(call.node, ast.Call) else None
    if call is None or not isinstance(func, ast.Attribute):
        return None
    made = case.flow.born(call.at(func.value, ()))
    for source, owner in case.flow.class_called(made) if isinstance(made.node, ast.Call) else []:
        for node in ast.walk(owner):
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            is_plain = isinstance(
                getattr(node, "value", None), ast.List | ast.Tuple | ast.Dict | ast.ListComp | ast.DictComp
            )
            if isinstance(target, ast.Attribute) and is_plain and isinstance(node, ast.Assign):
                form = "ModuleDict" if isinstance(node.value, ast.Dict | ast.DictComp) else "ModuleList"
                place = Spot(source, node)
                why = note("{owner} keeps its layers in {name}, which is no module; parameters() sees only those in nn.{form}",
                           owner=owner.name, name=target.attr, form=form)  # fmt: skip
                return case.finding("TW003", what, why=why, mend=place, sure="nn." in place.text,
                                    fix=f"self.{target.attr} = nn.{form}({place.source.text(node.value)})")  # fmt: skip
    return None


def _layers_not_kept(case: Case, model: nn.Module) -> Iterator[Spot]:
    """Layers that are built in the class of a module and not assigned to it."""
    for source, owner in class_nodes(type(model)):
        for node in ast.walk(owner):
            name = call_name(node) if isinstance(node, ast.Call) else ""
            layer = getattr(nn, name, None)
            if not isinstance(layer, type) or not issubclass(layer, nn.Module) or name in ("Module", "Parameter"):
                continue
            statement = source.statement_of(node)
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            if not isinstance(target, ast.Attribute):
                yield Spot(source, node)


def optimizer_gets_a_result(case: Case) -> Iterator[Finding]:
    """TW008: a tensor that an operation made is no leaf, and can't be optimized."""
    if not isinstance(case.error, ValueError) or "non-leaf" not in case.text:
        return
    frame = next((f for f in reversed(case.inner) if f.function == "add_param_group"), None)
    spot = params_spot(case)
    if frame is None or spot is None:
        return
    tensor = frame.locals.get("param")
    place = _item_with(case, spot, tensor)
    change = leaf_instead(case.flow, place)
    shape = tuple(tensor.shape) if isinstance(tensor, Tensor) else ()
    name = " ".join(place.text.split())
    what = note(
        "the optimizer gets {name} {shape}, the result of an operation, not a leaf", name=_brief(name), shape=str(shape)
    )
    function = type(tensor.grad_fn).__name__ if isinstance(tensor, Tensor) and tensor.grad_fn is not None else ""
    why = note("only a tensor that was created with requires_grad=True keeps its gradient; this one comes from {code}{function}",
               code=_brief(change.spot.text), function=f" ({function})" if function else "")  # fmt: skip
    yield case.finding("TW008", what, why=why, fix=change.text, mend=change.mend)


def _item_with(case: Case, spot: Spot, tensor: Any) -> Spot:
    """The item of the list of parameters that is the tensor."""
    for step in case.flow.trail(spot):
        if isinstance(step.node, ast.List | ast.Tuple):
            items = [step.at(item, ()) for item in step.node.elts]
            inner = [step.at(v, ()) for item in step.node.elts if isinstance(item, ast.Dict)
                     for k, v in zip(item.keys, item.values, strict=True)
                     if isinstance(k, ast.Constant) and k.value == "params"]  # fmt: skip
            for item in [*items, *inner]:
                if item.value() is tensor:
                    return item
            lists = [g.at(item, ()) for g in inner if isinstance(g.node, ast.List | ast.Tuple) for item in g.node.elts]
            if (found := next((item for item in lists if item.value() is tensor), None)) is not None:
                return found
            if len(items) == 1 and not inner:
                return items[0]
            unknown = [item for item in items if not isinstance(item.value(), Tensor)]
            return unknown[0] if unknown else spot
    return spot


RULES = (optimizer_gets_no_parameters, optimizer_gets_a_result)
