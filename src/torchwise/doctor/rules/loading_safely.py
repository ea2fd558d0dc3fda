"""torch.load refuses what is no tensor: which object it was, where it was put into the checkpoint."""

import ast
import pickle
import re
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.objects.saved import items_saved, saves, thing_saved
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.writing import with_keyword
from torchwise.doctor.rules.loading import load_spot
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, operands_of
from torchwise.finding import Finding
from torchwise.texts import note

REFUSED = re.compile(
    r"(?:unsupported global: GLOBAL|unsupported GLOBAL|Unsupported class|but got <class|GLOBAL) '?(?P<name>[\w.<>]+)",
    re.IGNORECASE,
)
SPELLED = {"argparse.Namespace": "vars({code})", "pathlib": "str({code})", "datetime": "{code}.isoformat()",
           "numpy": "float({code})", "collections.defaultdict": "dict({code})"}  # fmt: skip


def load_refuses_objects(case: Case) -> Iterator[Finding]:
    """TW806: weights_only takes tensors, numbers and texts in dictionaries and lists, no other objects."""
    call, found = load_spot(case), REFUSED.search(case.text)
    if not isinstance(case.error, pickle.UnpicklingError) or call is None or found is None:
        return
    if not re.search(r"[Ww]eights.?only", case.text):
        return
    name = found["name"].rstrip(".")
    what = note("torch.load with weights_only=True refuses {name}, which is in the file", name=name)
    why = note("it reads only tensors, numbers and texts in dictionaries and lists, for a pickle can run any code")
    loaded = with_keyword(call, "weights_only", "False")
    at_load = case.finding("TW806", what, why=why, fix=loaded.text, mend=loaded.mend)
    change = _whole_model(case, call) or _at_save(case, name)
    if change is None:
        yield at_load
        return
    yield case.finding("TW806", what, why=why, fix=change.text, mend=change.mend)
    yield at_load.guessed()


def _whole_model(case: Case, call: Spot) -> Change | None:
    """The model saved whole, where what is read goes into load_state_dict."""
    parent = call.source.parents.get(call.node)
    names = [ast.unparse(target) for target in parent.targets] if isinstance(parent, ast.Assign) else []
    is_loaded = any(
        isinstance(node, ast.Call) and call_name(node) == "load_state_dict" and node.args
        and (node.args[0] is call.node or ast.unparse(node.args[0]) in names)
        for node in ast.walk(call.source.scope_of(call.node))
    )  # fmt: skip
    for save in saves(case) if is_loaded else ():
        thing = thing_saved(save)
        if isinstance(held(case.flow, thing), nn.Module):
            return rewritten(thing, thing.node, f"{' '.join(thing.text.split())}.state_dict()")
    return None


def _at_save(case: Case, name: str) -> Change | None:
    """What is to be saved instead of the object, where it was made or put into the checkpoint."""
    pattern = next((text for start, text in SPELLED.items() if name.startswith(start)), "")
    for save in saves(case):
        for key, item in items_saved(case, save):
            if not key:
                continue
            made = _maker(case, item, name)
            if made is not None:
                text = " ".join(made.text.split())
                spelled = _spelled(made, name, pattern)
                return rewritten(made, made.node, spelled.format(code=text))
    return None


def _spelled(made: Spot, name: str, pattern: str) -> str:
    if name.startswith("numpy") and isinstance(made.node, ast.Call):
        if call_name(made.node) in ("array", "asarray", "zeros", "ones", "stack", "concatenate", "linspace", "arange"):
            return "torch.as_tensor({code})"
        if "ndarray" in name or name.endswith("_reconstruct"):
            return "torch.as_tensor({code})"
    return pattern or "vars({code})"


def _maker(case: Case, item: Spot, name: str, depth: int = 0) -> Spot | None:
    """The expression that made the refused object, on the way of an item of the checkpoint."""
    last = name.rpartition(".")[2]
    kept = _around_methods(case, item)
    for step in reversed(kept):
        node = step.node
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if name.startswith("numpy") and (called.startswith(("np.", "numpy.")) or ".numpy" in called):
            return step
        if call_name(node) in (last, "parse_args") and (last != "Namespace" or call_name(node) != last):
            return item if call_name(node) == "parse_args" else _item_or(step, item)
        if name.startswith("pathlib") and call_name(node) in ("Path", "resolve", "cwd", "absolute"):
            return item
        if name.startswith("datetime") and call_name(node) in ("now", "utcnow", "today", "datetime", "date"):
            return step
        if call_name(node) == last:
            return item
    end = kept[-1].node
    if depth < 2 and isinstance(end, ast.Dict | ast.List | ast.Tuple):
        values = end.values if isinstance(end, ast.Dict) else end.elts
        found = [_maker(case, kept[-1].at(value, ()), name, depth + 1) for value in values]
        return next((spot for spot in found if spot is not None), None)
    value = item.value()
    if value is not None and f"{type(value).__module__}.{type(value).__qualname__}".startswith(name.split(".")[0]):
        return item if type(value).__name__ == last or name.startswith("numpy") else None
    return None


def _item_or(step: Spot, item: Spot) -> Spot:
    return item if step.node is not item.node else step


def _around_methods(case: Case, item: Spot) -> list[Spot]:
    """The way of a value back to its maker, also through min, max, round and the like, which keep NumPy's scalars."""
    found: list[Spot] = []
    here: Spot | None = item
    for _ in range(6):
        if here is None:
            break
        found += case.flow.trail(here)
        last = found[-1]
        name = call_name(last.node) if isinstance(last.node, ast.Call) else ""
        inner = list(operands_of(last.node)) if name in ("min", "max", "round", "abs") or _is_sum(last.node) else []
        inner = [node for node in inner if not isinstance(node, ast.Constant)]
        here = last.at(inner[0], ()) if inner else None
    return found


def _is_sum(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.UnaryOp | ast.IfExp)


RULES = (load_refuses_objects,)
