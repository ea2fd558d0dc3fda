"""Tensors and modules on the wrong device."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.births.clash import Clash, clash_of
from torchwise.doctor.births.device_way import Birth, birth_of
from torchwise.doctor.births.modules import calls, in_plain_list, left_in_list, live, odd_part
from torchwise.doctor.births.moves import with_move
from torchwise.doctor.case import Case, path_in
from torchwise.doctor.rules.meta_weights import weights_on_meta
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

ONE_DEVICE = note("an operation needs all its tensors on one device, and moves none by itself")


def tensor_on_other_device(case: Case) -> Iterator[Finding]:
    """TW101 to TW106, TW108: a tensor is not where the others are; TW109: a module isn't; TW810: weights are nowhere."""
    if unfilled := list(weights_on_meta(case)):
        yield from unfilled
        return
    clash = clash_of(case)
    if clash is None:
        return
    if clash.module is not None:
        yield from _module_left(case, clash)
        return
    if clash.spot is None:
        what: Words = note(
            "two tensors are on {here} and {there}", here=str(clash.wrong.device), there=str(clash.there)
        )
        yield case.finding("TW101", what, why=ONE_DEVICE, fix=f".to({clash.there})", sure=False)
        return
    birth = birth_of(case, clash)
    what = _what(case, clash, birth)
    yield case.finding(
        birth.code, what, why=sentences(birth.why, ONE_DEVICE), fix=birth.change.text, mend=birth.change.mend
    )
    here = with_move(case, clash.spot, clash.there)
    if here.mend.line != birth.change.mend.line:
        yield case.finding(birth.code, what, fix=here.text, mend=here.mend, sure=False)


def _what(case: Case, clash: Clash, birth: Birth) -> Words:
    """Which tensor is where."""
    assert clash.spot is not None, "checked by the caller"
    name, here, there = " ".join(clash.spot.text.split()), str(clash.wrong.device), str(clash.there)
    if birth.code == "TW105":
        return note(
            "{name} is still on {here}: its move to {there} is thrown away", name=birth.name, here=here, there=there
        )
    if birth.code == "TW103":
        return note("{name} is a plain attribute and stayed on {here}; the module is on {there}",
                    name=birth.name, here=here, there=there)  # fmt: skip
    if clash.part == "input":
        layer = case.path_of(case.layer) or type(case.layer).__name__
        return note(
            "{layer} is on {there}, its input {name} is on {here}", layer=layer, there=there, name=name, here=here
        )
    if clash.part == "target":
        return note("{name} is on {here}, the other operand of the loss on {there}", name=name, here=here, there=there)
    return note("{name} is on {here}, the others are on {there}", name=name, here=here, there=there)


def _module_left(case: Case, clash: Clash) -> Iterator[Finding]:
    """A layer, a network or the weights of a loss that were never moved."""
    module = clash.module
    assert module is not None, "checked by the caller"
    here, there = str(clash.wrong.device), str(clash.there)
    name = case.path_of(module) or type(module).__name__
    if "Loss" in type(module).__name__:
        what = note("the weights in {name} are on {here}, the output is on {there}", name=name, here=here, there=there)
        why = note("a loss with weights is a module of its own, and is moved by .to(device) like the model")
        yield from _moved_site(case, "TW109", what, why, module, clash)
        return
    held = in_plain_list(case, module)
    if held is not None:
        what = note("{name} stayed on {here}: self.{attribute} is a plain list or dict, whose layers are not moved to {there}",
                    name=name, here=here, attribute=held.name, there=there)  # fmt: skip
        yield left_in_list(case, held, what)
        return
    owner, name = odd_part(case, module, lambda tensor: tensor.device)
    if not _others_moved(case, owner, clash):
        what = note("the model {name} is on {here}, its input is on {there}", name=name, here=here, there=there)
        why = note("the batch was moved, the model was not")
        yield from _moved_site(case, "TW101", what, why, owner, clash)
        return
    what = note("{name} is on {here}, its input is on {there}", name=name, here=here, there=there)
    why = note("other modules were moved; this one is separate, or was built after the move")
    yield from _moved_site(case, "TW109", what, why, owner, clash)


def _others_moved(case: Case, owner: nn.Module, clash: Clash) -> bool:
    """Whether other modules at hand are on the device where the input is."""
    for frame in case.user:
        values = [*frame.locals.values(), *getattr(frame.receiver(), "__dict__", {}).values()]
        values += list(frame.frame.f_globals.values())
        if isinstance(own := frame.receiver(), nn.Module):
            values += list(own._modules.values())
        for value in values:
            if isinstance(value, nn.Module) and value is not owner and path_in(owner, value) is None:
                tensors = [*value.parameters(), *value.buffers()]
                if any(tensor.device == clash.there for tensor in tensors):
                    return True
    return False


def _moved_site(case: Case, code: str, what: Words, why: Words, module: nn.Module, clash: Clash) -> Iterator[Finding]:
    """The module moved where it is built; or the move that lies before its building."""
    site = case.site_of(module) or _assigned(case, module)
    if site is None or not isinstance(site.node, ast.Call):
        yield case.finding(code, what, why=why, fix=f".to({clash.there})")
        return
    site = live(case, site.source, site.node) if site.frame is None else site
    change = with_move(case, site, clash.there)
    yield case.finding(code, what, why=sentences(why, ONE_DEVICE), fix=change.text, mend=change.mend)


def _assigned(case: Case, module: nn.Module) -> Spot | None:
    """What a variable that holds a module was assigned, where its building was not seen: copy.deepcopy(model)."""
    for frame in reversed(case.user):
        name = next((name for name, value in frame.locals.items() if value is module and name != "self"), None)
        if name is None or frame.source is None or frame.node is None:
            continue
        probe = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), frame.node)
        frame.source.parents[probe] = frame.source.parents.get(frame.node, frame.source.tree)
        born = case.flow.born(case.spot(probe, frame))
        if isinstance(born.node, ast.Call):
            return born
    return None


def optimizer_state_on_other_device(case: Case) -> Iterator[Finding]:
    """TW108: the state of an optimizer was made or loaded before the model was moved."""
    if not any("/torch/optim/" in frame.file.replace("\\", "/") for frame in case.inner):
        return
    optimizer = next((f.locals.get("self") for f in case.inner if "/torch/optim/" in f.file.replace("\\", "/")), None)
    states = getattr(optimizer, "state", {})
    pair = next(
        (
            (parameter, value)
            for parameter, state in list(states.items())
            for value in state.values()
            if isinstance(value, Tensor)
            and value.dim()
            and isinstance(parameter, Tensor)
            and value.device != parameter.device
        ),
        None,
    )
    if pair is None or not re.search(r"device", case.text):
        return
    parameter, value = pair
    what = note("the optimizer's state is on {here}, the parameters are on {there}",
                here=str(value.device), there=str(parameter.device))  # fmt: skip
    why = note("moments are kept on the device that the parameters had; move the model first, then build the optimizer and "
               "load its state")  # fmt: skip
    moves = [spot for spot in calls(case, "to", "cuda") if isinstance(case.flow.held(_receiver(spot)), nn.Module)]
    mend = Mend(file=moves[-1].file, line=moves[-1].line) if moves else None
    yield case.finding("TW108", what, why=why, fix=note("model.to(device) before the optimizer is built"), mend=mend)


def _receiver(spot: Spot) -> Spot:
    node = spot.node
    inner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    return spot.at(inner, ())


RULES = (optimizer_state_on_other_device, tensor_on_other_device)
