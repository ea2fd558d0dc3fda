"""Keys that a state dict lacks or has too many of, and what was built differently."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.past.writing import code_of, replaced
from torchwise.doctor.saved.builds import build_of, class_call, written_settings
from torchwise.doctor.saved.keys import Difference, heads, keys_of, renamed
from torchwise.doctor.saved.saves import load_call, saves_of, state_dicts_in
from torchwise.doctor.past.calls import held
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


def keys_differ(
    case: Case, model: nn.Module, given: dict[str, Any], found: Difference, spot: Spot | None
) -> Iterator[Finding]:
    """TW801: what is missing and what is left over, and why."""
    what = _what(found)
    receiver = _receiver(case)
    if (other := _other_file(case, model, given, spot)) is not None:
        yield other
        return
    build = build_of(case, receiver) if receiver is not None else None
    if build is not None and build.other is not None:
        text = " ".join(ast.unparse(build.other).split())
        why = note("the model that was saved was built by {other}", other=text)
        change = replaced(build.here, build.here.node, text)
        yield case.finding("TW801", _with(what, found), why=why, fix=change.text, mend=change.mend)
        return
    call = class_call(case, receiver, model) if receiver is not None else None
    if call is not None and (setting := written_settings(case, call)) is not None:
        condition = _condition(case, model, found)
        why = note("the settings it is built from were written to a file here")
        if condition:
            why = note("the layer is built only if {condition}; the settings written to the file here don't say it", condition=condition)
        fix = note("write all settings, {name} too", name=condition.rpartition(".")[2] or "those of the layers")
        yield case.finding("TW801", _with(what, found), why=why, fix=fix, mend=setting)
        return
    names = renamed(found, model, given)
    if names and spot is not None:
        yield _renamed(case, _with(what, found), names, spot)
        return
    yield _plain(case, _with(what, found), found, spot, call)


def _receiver(case: Case) -> Spot | None:
    """The model that load_state_dict is called on."""
    node = case.frame.node if case.frame is not None else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return case.spot(node.func.value)
    return None


def _shown(keys: tuple[str, ...]) -> str:
    return ", ".join(keys[:4]) + (f", ... ({len(keys)})" if len(keys) > 4 else "")


def _what(found: Difference) -> Words:
    if found.missing and found.surplus:
        return note("the model wants {missing}, the file has {surplus} in their place", missing=_shown(found.missing),
                    surplus=_shown(found.surplus))  # fmt: skip
    if found.missing:
        return note("the file lacks {missing}", missing=_shown(found.missing))
    return note("the file has {surplus}, which the model hasn't", surplus=_shown(found.surplus))


def _with(what: Words, found: Difference) -> Words:
    return what


def _other_file(case: Case, model: nn.Module, given: dict[str, Any], spot: Spot | None) -> Finding | None:
    """The file of another model of the same program was loaded."""
    loaded = load_call(case, spot) if spot is not None else None
    path = loaded.node.args[0] if loaded is not None and isinstance(loaded.node, ast.Call) and loaded.node.args else None
    if loaded is None or path is None:
        return None
    wanted, keys = set(keys_of(model)), set(given)
    for save in saves_of(case):
        for state in state_dicts_in(case, save):
            assert isinstance(state.node, ast.Call) and isinstance(state.node.func, ast.Attribute), "a method"
            value = held(case.flow, state.at(state.node.func.value, ()))
            if isinstance(value, nn.Module) and set(keys_of(value)) == wanted and wanted != keys and save.path is not None:
                text = save.path.text
                if text == loaded.source.text(path):
                    continue
                what = note("{path} holds the weights of another model: {keys}", path=loaded.source.text(path), keys=_shown(tuple(given)))
                why = note("those of this model were saved in line {line}", line=save.spot.line)
                change = replaced(loaded, path, text)
                return case.finding("TW801", what, why=why, fix=change.text, mend=change.mend)
    return None


def _condition(case: Case, model: nn.Module, found: Difference) -> str:
    """The `if` in `__init__` that a layer of the file depends on."""
    names = {head.split(".")[0] for head in heads(found.surplus or found.missing)}
    for source, definition in class_nodes(type(model)):
        init = method_of(definition, "__init__")
        for node in ast.walk(init) if init is not None else ():
            if isinstance(node, ast.If) and any(
                isinstance(item, ast.Attribute) and item.attr in names and isinstance(item.ctx, ast.Store) for item in ast.walk(node)
            ):  # fmt: skip
                return source.text(node.test)
    return ""


def _renamed(case: Case, what: Words, names: dict[str, str], spot: Spot) -> Finding:
    """The same weights under other names."""
    pairs = ", ".join(f"{old} is now {new}" for old, new in list(names.items())[:3])
    why = note("the shapes agree; only names differ: {pairs}", pairs=pairs)
    text = code_of(spot)
    old, new = next(iter(names.items()))
    fix = f'{{key.replace("{old}.", "{new}."): value for key, value in {text}.items()}}'
    if len(names) > 1:
        return case.finding("TW801", what, why=why, fix=note("give the layers their old names, or rename the keys: {code}", code=fix), mend=spot)
    change = replaced(spot, spot.node, fix)
    return case.finding("TW801", what, why=why, fix=fix, mend=change.mend)


def _plain(case: Case, what: Words, found: Difference, spot: Spot | None, call: Spot | None) -> Finding:
    """Another architecture: the layers by name."""
    condition = ""
    receiver = _receiver(case)
    model = receiver.value() if receiver is not None else None
    if isinstance(model, nn.Module):
        condition = _condition(case, model, found)
    why: Words = note("the model is built otherwise than the one that was saved")
    if condition:
        why = note("the layer is built only if {condition}", condition=condition)
    if found.missing and not found.surplus and all(key.endswith("num_batches_tracked") for key in found.missing):
        why = note("the file is from before PyTorch 0.4.1, which had no counters in batch norm")
    fix: Words = note("build it as it was; strict=False leaves out what doesn't fit")
    return case.finding("TW801", what, why=why, fix=fix, mend=call or spot)
