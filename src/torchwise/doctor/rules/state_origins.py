"""State dicts of another model: the wrong file of several, or a model that was built otherwise than the saved one."""

import ast
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import recorded_spots
from torchwise.doctor.objects.saved import load_behind, owner_of_state, saves, state_saved
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.rules.state_dicts import names_of, prefixes, shown, state_frame, state_spot
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


def state_of_another_model(case: Case) -> Iterator[Finding]:
    """TW801: the file of another model of the program, or a function that built the layers with other arguments."""
    frame, spot = state_frame(case), state_spot(case)
    if frame is None or spot is None:
        return
    missing, extra = names_of(frame.locals.get("missing_keys")), names_of(frame.locals.get("unexpected_keys"))
    if (not missing and not extra) or prefixes(missing, extra) != ("", ""):
        return
    model = frame.locals["self"]
    what = note("the file has {extra}, the model wants {missing}", extra=shown(extra), missing=shown(missing))
    if not extra:
        what = note("the file lacks {missing}, which the model has", missing=shown(missing))
    elif not missing:
        what = note("the file has {extra}, which the model hasn't", extra=shown(extra))
    own = set(_keys(model))
    path = _path(load_behind(case, spot))
    for save in saves(case):
        state = state_saved(case, save)
        value = _owner(case, state) if state is not None else None
        theirs = _path(save)
        if value is None or theirs is None or path is None or set(_keys(value)) != own or not (missing and extra):
            continue
        if theirs.text != path.text:
            why = note(
                "the weights of this model were saved in line {line}, to {path}", line=save.line, path=theirs.text
            )
            change = replaced(path, path.node, theirs.text)
            yield case.finding("TW801", what, why=why, fix=change.text, mend=change.mend)
            return
    if not class_nodes(type(model)):
        yield from _built_otherwise(case, model, what)


def _keys(model: nn.Module) -> list[str]:
    return [name for name, _ in model.named_parameters(remove_duplicate=False)]


def _path(call: Spot | None) -> Spot | None:
    """The path in a call of torch.save or torch.load."""
    if call is None or not isinstance(call.node, ast.Call):
        return None
    index = int(call_name(call.node) == "save")
    given = keyword_of(call.node, "f") or (call.node.args[index] if len(call.node.args) > index else None)
    return call.at(given, ()) if given is not None else None


def _owner(case: Case, state: Spot) -> nn.Module | None:
    """The model whose state dict was saved, if it is at hand."""
    assert isinstance(state.node, ast.Call) and isinstance(state.node.func, ast.Attribute), "a call of state_dict"
    value = held(case.flow, state.at(state.node.func.value, ()))
    return value if isinstance(value, nn.Module) else None


def _built_otherwise(case: Case, model: nn.Module, what: Words) -> Iterator[Finding]:
    """make() where the saved one was built by make(dropout=0.1)."""
    states = (state_saved(case, save) for save in saves(case))
    state = next((found for found in states if found is not None), None)
    theirs = owner_of_state(case, state) if state is not None else None
    for ours in _callers(recorded_spots(model)):
        for other in _callers(theirs):
            if call_name(ours.node) != call_name(other.node) or ours.node is other.node:
                continue
            if ast.unparse(ours.node) != ast.unparse(other.node):
                text = " ".join(other.text.split())
                why = note("the model that was saved was built by {other}", other=text)
                change = replaced(ours, ours.node, text)
                yield case.finding("TW801", what, why=why, fix=change.text, mend=change.mend)
                return


def _callers(spot: Spot | None) -> Iterator[Spot]:
    """The calls around a call, the outermost first, and itself."""
    found: list[Spot] = []
    while spot is not None:
        if isinstance(spot.node, ast.Call):
            found.insert(0, spot)
        spot = spot.caller
    yield from found


RULES = (state_of_another_model,)
