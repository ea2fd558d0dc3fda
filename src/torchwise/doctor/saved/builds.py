"""How the model that is loaded into was built, and how the one that was saved was: the arguments that differ."""

import ast
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

READERS = {"load", "loads", "safe_load", "read_text", "load_yaml", "read_json"}
WRITERS = {"dump", "dumps", "safe_dump"}


@dataclass(frozen=True, eq=False)
class Build:
    """The call that built the model, and another call of the same class or function."""

    here: Spot
    other: ast.Call | None


def build_of(case: Case, model: Spot) -> Build | None:
    """The outermost call of the user's that built the model, and the call that built the other one."""
    made = [step for step in case.flow.trail(model) if isinstance(step.node, ast.Call)]
    made = [step for step in made if call_name(step.node) not in ("to", "cuda", "eval", "train", "compile", "half", "float")]
    if not made:
        return None
    for here in made:
        assert isinstance(here.node, ast.Call), "chosen so"
        others = [
            node for source in case.flow.sites.sources for node in ast.walk(source.tree)
            if isinstance(node, ast.Call) and node is not here.node and call_name(node) == call_name(here.node)
        ]  # fmt: skip
        different = [node for node in others if _arguments(node) != _arguments(here.node)]
        if different:
            return Build(here, different[0])
    return Build(made[0], None)


def _arguments(call: ast.Call) -> list[str]:
    return [*map(ast.unparse, call.args), *(f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords)]


def class_call(case: Case, model: Spot, module: nn.Module) -> Spot | None:
    """The call of the model's own class."""
    name = type(module).__name__
    for step in case.flow.trail(model):
        if isinstance(step.node, ast.Call) and call_name(step.node) == name:
            return step
    return case.site_of(module)


def written_settings(case: Case, call: Spot) -> Spot | None:
    """Where the settings that a model is built from were put together for a file, if they are read back from one."""
    if not isinstance(call.node, ast.Call):
        return None
    for argument in [*call.node.args, *(keyword.value for keyword in call.node.keywords)]:
        for step in case.flow.trail(call.at(argument, ())):
            names = {call_name(node) for node in ast.walk(step.node) if isinstance(node, ast.Call)}
            if names & READERS and (writer := _writer(case)) is not None:
                return writer
    return None


def _writer(case: Case) -> Spot | None:
    """What json.dump or yaml.dump wrote."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) in WRITERS and node.args and ast.unparse(node.func) != "torch.save":
                return case.flow.born(Spot(source, node.args[0]))
    return None
