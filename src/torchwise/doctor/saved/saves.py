"""The calls of torch.save and torch.load in a program, and what they save."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of


@dataclass(frozen=True, eq=False)
class Save:
    """One call of torch.save: what is saved, and the path."""

    spot: Spot
    what: Spot
    path: Spot | None


def saves_of(case: Case) -> list[Save]:
    """Every call of torch.save, the last that ran first; those that aren't known to have run at the end."""
    found: list[Save] = []
    seen: set[ast.AST] = set()
    for ran in reversed(ran_before(case)):
        if (save := _save(ran.spot)) is not None and ran.spot.node not in seen:
            seen.add(ran.spot.node)
            found.append(save)
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if node not in seen and (save := _save(Spot(source, node))) is not None:
                found.append(save)
    return found


def _save(spot: Spot) -> Save | None:
    node = spot.node
    if not isinstance(node, ast.Call) or call_name(node) not in ("save", "save_file", "save_model"):
        return None
    home = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if home not in ("torch", "", "xm", "accelerator", "safetensors.torch") or len(node.args) < 1:
        return None
    path = keyword_of(node, "f") or (node.args[1] if len(node.args) > 1 else None)
    return Save(spot, spot.at(node.args[0], ()), spot.at(path, ()) if path is not None else None)


def state_dicts_in(case: Case, save: Save) -> Iterator[Spot]:
    """The calls of `.state_dict()` that go into a save."""
    seen = set()
    for step in [save.what, *case.flow.trail(save.what)]:
        for node in ast.walk(step.node):
            if isinstance(node, ast.Call) and call_name(node) == "state_dict" and node not in seen:
                seen.add(node)
                yield step.at(node, ())


def saved_by(case: Case, keys: set[str]) -> tuple[Save, Spot] | None:
    """The save of a model with these keys, and its `.state_dict()`."""
    fallback = None
    for save in saves_of(case):
        for spot in state_dicts_in(case, save):
            assert isinstance(spot.node, ast.Call) and isinstance(spot.node.func, ast.Attribute), "a method"
            value = held(case.flow, spot.at(spot.node.func.value, ()))
            if isinstance(value, nn.Module):
                names = {name for name, _ in value.named_parameters(remove_duplicate=False)}
                if names and names <= keys:
                    return save, spot
            elif value is None and "opt" not in ast.unparse(spot.node.func.value).lower():
                fallback = fallback or (save, spot)
    return fallback


def load_call(case: Case, spot: Spot) -> Spot | None:
    """The call of torch.load that a value comes from."""
    for step in case.flow.trail(spot):
        node = step.node
        while isinstance(node, ast.Subscript):
            node = node.value
        inner = [step.at(node, ()), *case.flow.trail(step.at(node, ()))] if node is not step.node else [step]
        for one in inner:
            if isinstance(one.node, ast.Call) and call_name(one.node) in ("load", "load_file", "torch_load"):
                return one
    return None
