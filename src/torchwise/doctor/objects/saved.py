"""What the program writes to files and reads again: the calls of torch.save and torch.load, and what they are given."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.past.training import calls_named
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of

SAVERS = ("save", "save_file", "save_model", "dump")
LOADERS = ("load", "load_file", "load_state_dict_from_url", "jit_load", "load_checkpoint")


def saves(case: Case) -> list[Spot]:
    """The calls that wrote a file with torch.save, the latest first; those that only stand in the files, else."""
    ran = [item.spot for _, item, call in calls_named(case, *SAVERS) if is_save(call)]
    if ran:
        return ran[::-1]
    return [
        Spot(source, node)
        for source in case.flow.sites.sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and is_save(node)
    ]


def is_save(call: ast.Call) -> bool:
    """Whether a call is torch.save or one that does the same."""
    if call_name(call) not in SAVERS or not call.args:
        return False
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return owner is None or ast.unparse(owner) in ("torch", "th", "pickle", "safetensors.torch", "accelerator")


def is_load(node: ast.AST) -> bool:
    """Whether an expression is a call of torch.load or one that does the same."""
    if not isinstance(node, ast.Call) or call_name(node) not in LOADERS:
        return False
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return owner is None or ast.unparse(owner) in ("torch", "th", "torch.hub", "torch.jit", "model_zoo", "pickle")


def load_behind(case: Case, spot: Spot | None, depth: int = 0) -> Spot | None:
    """The call of torch.load that a value comes from."""
    if spot is None or depth > 6:
        return None
    for step in case.flow.trail(spot):
        if is_load(step.node):
            return step
        node = step.node
    inner = node.value if isinstance(node, ast.Subscript | ast.Attribute) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = node.func.value
    if isinstance(node, ast.DictComp):
        inner = node.generators[0].iter
    return load_behind(case, step.at(inner, ()), depth + 1) if inner is not None else None


def thing_saved(save: Spot) -> Spot:
    """What a call of torch.save writes."""
    assert isinstance(save.node, ast.Call), "saves are calls"
    given = keyword_of(save.node, "obj") or next(iter(save.node.args), None)
    return save.at(given, ()) if given is not None else save


def items_saved(case: Case, save: Spot) -> Iterator[tuple[str, Spot]]:
    """The items of a dictionary that is saved, by key; what is saved itself under "" if it is none."""
    made = case.flow.born(thing_saved(save))
    if isinstance(made.node, ast.Dict):
        for key, value in zip(made.node.keys, made.node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), made.at(value, ())
    elif isinstance(made.node, ast.Call) and call_name(made.node) == "dict":
        for keyword in made.node.keywords:
            yield keyword.arg or "", made.at(keyword.value, ())
    else:
        yield "", made


def state_saved(case: Case, save: Spot, *, of_optimizer: bool = False) -> Spot | None:
    """The call of `state_dict()` in what is saved: of the model, or of the optimizer."""
    for key, item in items_saved(case, save):
        made = case.flow.born(item)
        node = made.node
        if isinstance(node, ast.Call) and call_name(node) == "state_dict" and isinstance(node.func, ast.Attribute):
            name = (ast.unparse(node.func.value) + key).lower()
            if ("opt" in name) == of_optimizer and "sched" not in name and "scaler" not in name:
                return made
    return None


def owner_of_state(case: Case, state: Spot) -> Spot:
    """Where the object whose `state_dict()` is asked for was built."""
    assert isinstance(state.node, ast.Call) and isinstance(state.node.func, ast.Attribute), "chosen by its type"
    return case.flow.born(state.at(state.node.func.value, ()))


def last_name(path: object) -> str:
    """The name of a file without its folders."""
    return str(path).replace("\\", "/").rstrip("/").rpartition("/")[2]
