"""Weights on the meta device, which have shapes and no numbers: they were loaded without being taken over, or never."""

import ast
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.births.modules import calls
from torchwise.doctor.case import Case, path_in
from torchwise.doctor.past.writing import replaced, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.finding import Finding
from torchwise.texts import note


def weights_on_meta(case: Case) -> Iterator[Finding]:
    """TW810: a model built on meta is moved, or gets data, and its weights hold nothing."""
    is_moved = "out of meta tensor" in case.text
    module = next((f.locals["self"] for f in case.inner if isinstance(f.locals.get("self"), nn.Module)), None)
    module = module if is_moved else case.root[1] if case.root is not None else None
    weights = list(module.parameters()) if module is not None and "meta" in case.text else []
    if module is None or not weights or not all(weight.is_meta for weight in weights):
        return
    name = case.path_of(module) or type(module).__name__
    what = note("the weights of {name} are on meta: they have shapes and no numbers", name=name)
    load = _load_into(case, module)
    if load is not None:
        why = note("load_state_dict copies into the weights that are there, and into one on meta nothing can be copied; "
                   "assign=True puts the loaded tensors in their place")  # fmt: skip
        change = with_keyword(load, "assign", "True")
    elif is_moved and (call := _move(case)) is not None:
        why = note("there is nothing to copy; to_empty makes room on the device, which is to be filled then: "
                   "by load_state_dict or reset_parameters")  # fmt: skip
        node = call.node.func if isinstance(call.node, ast.Call) else call.node
        assert isinstance(node, ast.Attribute), "a method is called"
        where = ", ".join(call.source.text(item) for item in getattr(call.node, "args", [])[:1]) or '"cpu"'
        change = replaced(call, call.node, f"{call.source.text(node.value)}.to_empty(device={where})")
    else:
        return
    yield case.finding("TW810", what, why=why, fix=change.text, mend=change.mend)


def _load_into(case: Case, module: nn.Module) -> Spot | None:
    """The call that loaded weights into a module (or one that it is a part of) and did not take them over."""
    site = case.site_of(module)
    for spot in calls(case, "load_state_dict"):
        node = spot.node
        assert isinstance(node, ast.Call), "found as a call"
        if not isinstance(node.func, ast.Attribute) or keyword_of(node, "assign") is not None:
            continue
        receiver = spot.at(node.func.value, ())
        held = case.flow.held(receiver)
        is_its = isinstance(held, nn.Module) and path_in(held, module) is not None
        if is_its or (site is not None and case.flow.born(receiver).node is site.node):
            return spot
    return None


def _move(case: Case) -> Spot | None:
    """The user's call that moves the module: net.to(device), net.cuda()."""
    call = case.operation.node if case.operation is not None else None
    is_method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ("to", "cpu")
    return case.spot(call) if call is not None and is_method else None
