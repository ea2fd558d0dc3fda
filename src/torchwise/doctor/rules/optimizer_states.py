"""The state of an optimizer that doesn't fit: other groups, another number of parameters, other shapes."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.objects.saved import owner_of_state, saves, state_saved
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.forks import fork, way
from torchwise.doctor.past.training import calls_named
from torchwise.doctor.rules.state_dicts import shown, state_spot
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend
from torchwise.texts import note


def state_frame(case: Case) -> Frame | None:
    """Torch's frame of `optimizer.load_state_dict`."""
    found = [f for f in case.inner if f.function == "load_state_dict" and isinstance(f.locals.get("self"), Optimizer)]
    return found[-1] if found else None


def optimizer_state_doesnt_fit(case: Case) -> Iterator[Finding]:
    """TW807: the groups of the file have other numbers of parameters; TW804 where it is no optimizer's state."""
    frame, spot = state_frame(case), state_spot(case)
    if frame is None or spot is None:
        return
    given = frame.locals.get("state_dict")
    groups = given.get("param_groups") if isinstance(given, dict) else None
    if not isinstance(groups, list):
        if isinstance(given, dict):
            yield from _no_state(case, spot, given)
        return
    own = [len(group["params"]) for group in frame.locals["self"].param_groups]
    saved = [len(group.get("params", ())) for group in groups if isinstance(group, dict)]
    if own == saved:
        return
    if len(own) != len(saved):
        what = note("the file has {saved} groups of parameters, the optimizer {own}", saved=len(saved), own=len(own))
    else:
        what = note(
            "the file's optimizer had {saved} parameters, this one has {own}", saved=_sizes(saved), own=_sizes(own)
        )
    why = note("the state is kept by the parameters' places, so both must have the same ones in the same order")
    change = _parted(case)
    if change is not None:
        yield case.finding("TW807", what, why=why, fix=change.text, mend=change.mend)
        return
    node = case.frame.node if case.frame is not None else None
    made = case.flow.born(spot.at(node.func.value, ())) if _is_method(node) else spot  # type: ignore[union-attr]
    fix = note("build the optimizer with the {saved} parameters that it was saved with", saved=sum(saved))
    yield case.finding("TW807", what, why=why, fix=fix, mend=made, sure=False)


def _is_method(node: Any) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _sizes(sizes: list[int]) -> str:
    return " + ".join(str(size) for size in sizes)


def _no_state(case: Case, spot: Spot, given: dict[Any, Any]) -> Iterator[Finding]:
    """The whole checkpoint, or the model's weights."""
    keys = [str(key) for key in given]
    inner = next((key for key, value in given.items() if isinstance(value, dict) and "param_groups" in value), None)
    why = note("an optimizer's state dict has the keys state and param_groups")
    if inner is not None:
        what = note("the optimizer gets the whole checkpoint, a dictionary with {keys}; its state is under {key}",
                    keys=shown(keys), key=repr(inner))  # fmt: skip
        change = rewritten(spot, spot.node, f'{" ".join(spot.text.split())}["{inner}"]')
        yield case.finding("TW804", what, why=why, fix=change.text, mend=change.mend)
        return
    what = note("the optimizer gets a dictionary with {keys}, which is no optimizer's state", keys=shown(keys))
    born = case.flow.born(spot)
    for save in saves(case):
        state = state_saved(case, save, of_optimizer=True)
        if state is None and save is not born:
            fix = note("save optimizer.state_dict() too, and load that")
            yield case.finding("TW804", what, why=why, fix=fix, mend=spot, sure=False)
            return
    yield case.finding("TW804", what, why=why, fix='checkpoint["optimizer"]', mend=spot, sure=False)


def _parted(case: Case) -> Change | None:
    """Where the parameters of the two optimizers begin to differ."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    ours = case.flow.born(case.spot(node.func.value))
    states = (state_saved(case, save, of_optimizer=True) for save in saves(case))
    state = next((found for found in states if found is not None), None)
    if state is None or not isinstance(ours.node, ast.Call):
        return None
    theirs = owner_of_state(case, state)
    if not isinstance(theirs.node, ast.Call):
        return None
    for here, there in _compared(case, ours, theirs):
        found = fork(case, here, there)
        if found is None:
            continue
        before = way(case.flow, there)[-1]
        if isinstance(found.node, ast.Constant) and isinstance(before.node, ast.Constant):
            return rewritten(found, found.node, before.text)
        if found.node is not here.node or ours.node is not theirs.node:
            other = " ".join(before.text.split())
            text = note(
                "as for the optimizer that was saved: {other}", other=other if len(other) < 60 else other[:57] + "..."
            )
            if isinstance(found.node, ast.expr) and found.node is here.node and len(other) < 60:
                return rewritten(found, found.node, other)
            return Change(Mend(file=found.file, line=found.line), text, found)
    return None


def _compared(case: Case, ours: Spot, theirs: Spot) -> Iterator[tuple[Spot, Spot]]:
    """The pairs of expressions that the two optimizers' parameters depend on."""
    assert isinstance(ours.node, ast.Call) and isinstance(theirs.node, ast.Call), "asked before"
    if ours.node is theirs.node:  # built by the same line: what around it chooses the parameters?
        scope = ours.source.scope_of(ours.node)
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Attribute) and t.attr == "requires_grad"
                                                    for t in node.targets):  # fmt: skip
                yield ours.at(node.value, ()), theirs.at(node.value, ())
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "requires_grad_" and node.args:
                yield ours.at(node.args[0], ()), theirs.at(node.args[0], ())
            if isinstance(node, ast.If | ast.IfExp | ast.comprehension):
                for test in [node.test] if not isinstance(node, ast.comprehension) else node.ifs:
                    yield from ((ours.at(n, ()), theirs.at(n, ())) for n in ast.walk(test)
                                if isinstance(n, ast.Name | ast.Attribute | ast.Subscript))  # fmt: skip
    first, second = _params(ours.node), _params(theirs.node)
    if first is not None and second is not None:
        yield ours.at(first, ()), theirs.at(second, ())


def _params(call: ast.Call) -> ast.expr | None:
    return keyword_of(call, "params") or next(iter(call.args), None)


def state_has_other_shapes(case: Case) -> Iterator[Finding]:
    """TW807: the state that was loaded is of parameters in another order or of other sizes; the step finds it out."""
    frame = next((f for f in case.inner if isinstance(f.locals.get("self"), Optimizer) and f.function == "step"), None)
    if frame is None or not isinstance(case.error, RuntimeError):
        return
    optimizer = frame.locals["self"]
    for number, parameter in enumerate(p for group in optimizer.param_groups for p in group["params"]):
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor) and value.dim() and value.shape != parameter.shape:
                what = note("the optimizer's {key} of parameter {number} is {saved}, the parameter {own}", key=str(key),
                            number=number, saved=tuple(value.shape), own=tuple(parameter.shape))  # fmt: skip
                why = note("the state that was loaded belongs to parameters of other sizes, or in another order")
                place = _loaded_at(case)
                fix = note("give the optimizer the parameters in the order in which they were when it was saved")
                yield case.finding("TW807", what, why=why, fix=fix, mend=place, sure=False)
                return


def state_of_another_kind(case: Case) -> Iterator[Finding]:
    """TW807: the state of an Adam in an SGD: the step misses a setting or an entry that only the one has."""
    frame = next((f for f in case.inner if isinstance(f.locals.get("self"), Optimizer)), None)
    key = case.error.args[0] if isinstance(case.error, KeyError) and case.error.args else None
    node = case.frame.node if case.frame is not None else None
    if frame is None or not isinstance(key, str) or not _is_method(node) or state_frame(case) is not None:
        return
    loads = [ran for _, ran, call in calls_named(case, "load_state_dict") if _is_method(call)]
    if not any(isinstance(_held_owner(case, ran.spot), Optimizer) for ran in loads):
        return
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute), "asked before"
    kind, made = type(frame.locals["self"]).__name__, case.flow.born(case.spot(node.func.value))
    states = (state_saved(case, save, of_optimizer=True) for save in saves(case))
    state = next((found for found in states if found is not None), None)
    theirs = owner_of_state(case, state) if state is not None else None
    what = note("{kind} finds no {key} in its settings: the state that was loaded is of another kind of optimizer",
                kind=kind, key=repr(key))  # fmt: skip
    why = note("load_state_dict takes over the settings of the file, and each optimizer has its own")
    if theirs is None or not isinstance(theirs.node, ast.Call) or call_name(theirs.node) == kind:
        fix = note("the kind of optimizer that was saved")
        yield case.finding("TW807", what, why=why, fix=fix, mend=made, sure=False)
        return
    text = " ".join(theirs.text.split())
    change = rewritten(made, made.node, text) if len(text) < 80 else None
    yield case.finding("TW807", what, why=why, fix=text, mend=change.mend if change is not None else made)


def _held_owner(case: Case, spot: Spot) -> Any:
    """The object that a method is called on."""
    assert isinstance(spot.node, ast.Call) and isinstance(spot.node.func, ast.Attribute), "a method"
    return held(case.flow, spot.at(spot.node.func.value, ()))


def _loaded_at(case: Case) -> Spot | None:
    """The call of load_state_dict of an optimizer."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            is_load = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "load_state_dict"
            if is_load and "opt" in ast.unparse(node).partition("(")[0].lower():
                return Spot(source, node)
    return None


RULES = (optimizer_state_doesnt_fit, state_has_other_shapes, state_of_another_kind)
