"""Where a tensor came to be on its device: a factory, a plain attribute, a batch; and the line that would move it."""

import ast
import re
from dataclasses import dataclass

from torch import Tensor, nn

from torchwise.doctor.births.clash import Clash
from torchwise.doctor.births.forgotten import forgetful_move
from torchwise.doctor.births.insides import is_helper, is_inside, use
from torchwise.doctor.births.keys import forgotten_key
from torchwise.doctor.births.moves import is_move, lost_move, moved, renamed_move, with_move
from torchwise.doctor.births.relocating import as_buffer, on_device
from torchwise.doctor.births.way import FACTORIES, Step, Way
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Built, Spot
from torchwise.doctor.syntax import call_name, method_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Mend, Words
from torchwise.texts import note

STATES = re.compile(
    r"hidden|state|memory|\bh0?\b|\bc0?\b|^h_|^c_|running|moment|queue|carry|cell|buffer|average|ema", re.I
)


@dataclass(frozen=True, eq=False)
class Birth:
    """code: what kind of fault; change: its mend; why: what is to be said of it; name: what was left behind."""

    code: str
    change: Change
    why: Words = ""
    name: str = ""


def way_of_device(case: Case, clash: Clash) -> Way:
    """The way of a stray tensor back to where it was put on its device."""
    assert clash.spot is not None, "asked for expressions"

    def is_wrong(operand: Spot) -> bool | None:
        value = operand.value() if isinstance(operand.node, ast.Name | ast.Attribute) else None
        return value.device == clash.wrong.device if isinstance(value, Tensor) else None

    return Way(case.flow, clash.spot, "device", is_wrong)


def birth_of(case: Case, clash: Clash) -> Birth:
    """What is to be done about a stray tensor, by the way it came."""
    way = way_of_device(case, clash)
    for step in way:
        if (found := lost_move(step.spot)) is not None and not _is_moved_before(step):
            why = note(".to(device) of a tensor returns a new one and leaves the old one where it is")
            return Birth("TW105", found[0], why, found[1])
        if (other := renamed_move(step.spot)) is not None and step.spot.frame is not None:
            change = replaced(step.spot, step.node, other[1])
            why = note("the moved tensor is {name}", name=other[1])
            return Birth("TW105", change, why, step.spot.text)
    attribute = _attribute(case, way)
    factory = way.birth if _is_factory(way.birth.node) else None
    if attribute is not None and not _from_batch(way, attribute):
        return _kept(case, clash, way, attribute, factory)
    if factory is not None and not _is_data(way) and not _is_read(case, factory):
        return _made(case, clash, factory, way)
    return _handed(case, clash, way)


def _is_moved_before(step: Step) -> bool:
    """Whether a step is itself a move."""
    return is_move(step.node)


def _is_factory(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and call_name(node) in FACTORIES and not is_move(node)


def _is_read(case: Case, factory: Spot) -> bool:
    """Whether a helper outside of the model makes a tensor of something that was read: it hands out data."""
    is_ended = factory.frame is None and not isinstance(factory.source.scope_of(factory.node), ast.Module)
    return (
        is_ended and call_name(factory.node) in ("from_numpy", "tensor", "as_tensor") and not is_inside(case, factory)
    )


def _is_data(way: Way) -> bool:
    """Whether a value came through a loader, or is a whole data set at the level of the script."""
    return any(step.link in ("batch", "element") for step in way)


def _from_batch(way: Way, attribute: Step) -> bool:
    """Whether the attribute is one of a data set or of a batch object."""
    steps = way.steps
    return any(step.link == "batch" for step in steps[: steps.index(attribute)])


def _attribute(case: Case, way: Way) -> Step | None:
    """The step at which a value was read from an attribute, self.mean, that is neither parameter nor buffer."""
    for step in way:
        node = step.node
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        owner = step.spot.receiver if node.value.id == "self" else case.flow.held(step.spot.at(node.value, ()))
        if owner is None or isinstance(owner, Built) or not hasattr(owner, "__dict__"):
            continue
        if isinstance(vars(owner).get(node.attr), Tensor | list | tuple | dict):
            return step
    return None


def _kept(case: Case, clash: Clash, way: Way, step: Step, factory: Spot | None) -> Birth:
    """A plain attribute: a buffer where it is constant, a state where it is set anew."""
    node = step.node
    assert isinstance(node, ast.Attribute), "found so"
    owner = step.spot.receiver if ast.unparse(node.value) == "self" else case.flow.held(step.spot.at(node.value, ()))
    if not isinstance(owner, nn.Module) and (found := _own_move(case, type(owner), node.attr)) is not None:
        change = forgotten_key(case, way)
        why = note("the .to() of {owner} leaves {name} behind", owner=type(owner).__name__, name=node.attr)
        return Birth(_code_of(case, clash), change[0] if change is not None else found, why, ast.unparse(node))
    assigned = case.flow.before(step.spot)
    scope = assigned.source.scope_of(assigned.node) if assigned is not None else None
    is_set_anew = getattr(scope, "name", "") not in ("__init__", "__post_init__") or clash.part == "state"
    is_state = is_set_anew or (bool(STATES.search(node.attr)) and _changes(step.spot, node.attr))
    if assigned is None:
        return _handed(case, clash, Way(case.flow, step.spot, "device", lambda operand: None))
    if is_state and factory is not None:
        why = note("a state that is carried from step to step must be on the device of the model")
        return Birth("TW108", on_device(case, factory, clash), why, f"self.{node.attr}")
    name = ast.unparse(node)
    if isinstance(owner, nn.Module):
        return Birth("TW103", as_buffer(assigned, node.attr), note(
            "module.to(device) moves parameters and buffers, and no other attributes"), name)  # fmt: skip
    why = note("an object that is no module has no .to(device) of its own: its tensors are moved one by one")
    return Birth("TW108" if is_state else "TW103", with_move(case, assigned, clash.there), why, name)


def _changes(spot: Spot, name: str) -> bool:
    """Whether an attribute is assigned outside of `__init__` too."""
    owner = spot.source.class_of(spot.source.scope_of(spot.node))
    for method in owner.body if owner is not None else []:
        if isinstance(method, ast.FunctionDef) and method.name != "__init__":
            for inner in ast.walk(method):
                targets = inner.targets if isinstance(inner, ast.Assign) else [getattr(inner, "target", None)]
                if any(isinstance(t, ast.Attribute) and t.attr == name for t in targets if t is not None):
                    return True
    return False


def _made(case: Case, clash: Clash, factory: Spot, way: Way) -> Birth:
    """A tensor that a factory made on the default device."""
    inside = is_inside(case, factory)
    if clash.part in ("mask", "index"):
        code = "TW104" if inside else "TW106"
    elif clash.part == "state":
        code = (
            "TW104" if inside and getattr(factory.source.scope_of(factory.node), "name", "") == "forward" else "TW108"
        )
    elif clash.part == "target":
        code = "TW104" if is_helper(factory) else "TW102"
    elif inside or (clash.part == "operand" and factory.frame is not None and factory.frame is case.frame):
        code = "TW104"
    else:
        code = _code_of(case, clash)
    why = note("{factory} makes its tensor on the CPU unless device= says otherwise", factory=call_name(factory.node))
    return Birth(code, on_device(case, factory, clash), why, factory.text)


def _handed(case: Case, clash: Clash, way: Way) -> Birth:
    """A part of a batch, or of the data: moved where the others are moved, else where it is used."""
    code = _code_of(case, clash)
    key = forgotten_key(case, way)
    if key is not None:
        return Birth(code, key[0], note("{name} is not among those that are moved", name=key[1]))
    for step in way:
        if (found := forgetful_move(step.spot)) is not None:
            return Birth(code, found, note("this line moves the others of the batch"))
    place = use(way)
    return Birth(code, with_move(case, place, clash.there))


def _code_of(case: Case, clash: Clash) -> str:
    """The code of a tensor that came from outside, by what it is for."""
    code = {"target": "TW102", "mask": "TW106", "index": "TW106", "state": "TW108"}.get(clash.part, "TW101")
    is_outside = clash.part == "operand" and not isinstance(case.module, nn.Module)
    return "TW102" if is_outside else code


def _own_move(case: Case, owner: type, name: str) -> Change | None:
    """The last line of a class's own `to` that moves another attribute, with this one behind it."""
    for source, definition in class_nodes(owner):
        method = method_of(definition, "to") or method_of(definition, "cuda")
        for statement in reversed(list(ast.walk(method))) if method is not None else []:
            if not isinstance(statement, ast.Assign) or not is_move(statement.value):
                continue
            target, inner = statement.targets[0], moved(statement.value)
            if not isinstance(target, ast.Attribute) or not isinstance(inner, ast.Attribute):
                continue
            text = source.text(statement)
            more = text.replace(f".{target.attr}", f".{name}")
            new = f"{text}\n{' ' * statement.col_offset}{more}"
            return Change(
                Mend(file=source.file, line=statement.lineno, old=text, new=new), more, Spot(source, statement)
            )
    return None if not any(method_of(d, "to") for _, d in class_nodes(owner)) else _of_method(owner)


def _of_method(owner: type) -> Change | None:
    """The class's own `to` itself, where none of its lines moves a single attribute."""
    for source, definition in class_nodes(owner):
        if (method := method_of(definition, "to")) is not None:
            return Change(Mend(file=source.file, line=method.lineno), source.line(method.lineno), Spot(source, method))
    return None
