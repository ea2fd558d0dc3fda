"""An optimizer gets something that is not parameters, or groups that don't fit."""

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.handed import UNKNOWN
from torchwise.doctor.objects.origins import origin_of_nothing
from torchwise.doctor.rules.optimizers import optimizer_frame, params_spot
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

REFUSED = re.compile(
    r"can only optimize Tensors|should be an iterable of Tensors|object is not iterable|param_group must be a dict"
)


def optimizer_gets_no_tensors(case: Case) -> Iterator[Finding]:
    """TW009: a model, a state dict, names, a method or a list of layers where parameters are needed."""
    frame = optimizer_frame(case)
    if not isinstance(case.error, TypeError) or frame is None or not REFUSED.search(case.text):
        return
    if not case.inner or case.inner[-1].function not in ("__init__", "add_param_group"):
        return
    spot, value = params_spot(case), _given(case)
    if spot is None or value is UNKNOWN:
        return
    if isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        yield _mixed_groups(case, spot, value)
        return
    kind = _refused_kind(case, value)
    what = note("the optimizer gets {kind} instead of parameters: {code}", kind=kind, code=_brief(spot.text))
    why = note("it takes an iterable of tensors, such as model.parameters(), or dictionaries with the key params")
    if value is None:
        origin = origin_of_nothing(case.flow, spot)
        yield case.finding("TW009", what, why=why, fix="model.parameters()", mend=origin.spot, sure=False)
        return
    change = _mended(case, spot, value)
    yield case.finding("TW009", what, why=why, fix=change.text, mend=change.mend)


def _given(case: Case) -> Any:
    """What the optimizer got, as its own frames hold it: the outermost, for inner ones have taken it apart."""
    for frame in case.inner:
        if "params" in frame.locals and isinstance(frame.locals.get("self"), Optimizer):
            return frame.locals["params"]
        if "param_group" in frame.locals:
            return frame.locals["param_group"]
    return UNKNOWN


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 60 else code[:57] + "..."


def _refused_kind(case: Case, value: Any) -> Words:
    """What was given, in words."""
    if isinstance(value, nn.Module):
        return note("a module ({kind})", kind=type(value).__name__)
    if isinstance(value, Tensor):
        return note("one tensor")
    if isinstance(value, dict):
        return (
            note("a dictionary, whose keys are str,")
            if value and isinstance(next(iter(value)), str)
            else note("a dictionary")
        )
    if callable(value):
        return note("a method ({kind})", kind=getattr(value, "__name__", type(value).__name__))
    match = re.search(r"one of the params is ([\w.]+)", case.text)
    if match:
        return note("a list with {kind}", kind=match[1].rpartition(".")[2])
    return note("a {kind}", kind=type(value).__name__)


def _mended(case: Case, spot: Spot, value: Any) -> Change:
    """The expression that should have asked for the parameters, and how."""
    place = _wrong_step(case, spot, value)
    text = " ".join(place.text.split())
    if isinstance(place.node, ast.Call) and call_name(place.node) in ("state_dict", "modules", "children", "named_modules",
                                                                      "named_children", "layers", "buffers"):  # fmt: skip
        base = place.source.text(place.node.func.value) if isinstance(place.node.func, ast.Attribute) else "model"
        return replaced(place, place.node, f"{base}.parameters()", least=_around(place))
    if isinstance(value, nn.Module):
        return replaced(place, place.node, f"{text}.parameters()", least=_around(place))
    if isinstance(value, Tensor):
        return replaced(place, place.node, f"[{text}]", least=_around(place))
    if isinstance(value, dict) and "params" in value:
        return replaced(place, place.node, f"[{text}]", least=_around(place))
    if callable(value) and text.endswith("parameters"):
        return replaced(place, place.node, f"{text}()", least=_around(place))
    if isinstance(place.node, ast.List | ast.Tuple):
        return _of_list(place, value)
    if isinstance(place.node, ast.ListComp) and "named_parameters" in text:
        return at_line(place, note("[p for name, p in model.named_parameters() ...]: the tensor p, not its name"))
    return at_line(place, "model.parameters()")


def _around(place: Spot) -> ast.AST | None:
    """The call that an argument stands in, if it is short."""
    parent = place.source.parents.get(place.node)
    parent = place.source.parents.get(parent) if isinstance(parent, ast.keyword) else parent
    is_one_line = getattr(parent, "lineno", 0) == getattr(parent, "end_lineno", -1)
    return parent if isinstance(parent, ast.Call | ast.Assign | ast.Return) and is_one_line else None


def _of_list(place: Spot, value: Any) -> Change:
    """`[encoder, decoder]`: the parameters of each."""
    assert isinstance(place.node, ast.List | ast.Tuple), "asked before"
    items = []
    values = list(value) if isinstance(value, list | tuple) else []
    for index, node in enumerate(place.node.elts):
        text = place.source.text(node)
        item = values[index] if index < len(values) and len(values) == len(place.node.elts) else None
        if isinstance(item, nn.Module):
            text = f"*{text}.parameters()"
        elif isinstance(item, list | tuple) or type(item).__name__ == "generator" or callable(item):
            text = f"*{text}{'()' if callable(item) and not text.endswith(')') else ''}"
        items.append(text)
    return replaced(place, place.node, f"[{', '.join(items)}]", least=_around(place))


def _wrong_step(case: Case, spot: Spot, value: Any) -> Spot:
    """The step on the way of the argument where the wrong thing was taken: the state dict, the model for its parameters."""
    trail = case.flow.trail(spot)
    for step in trail:
        if isinstance(step.node, ast.Call) and call_name(step.node) in (
            "state_dict",
            "modules",
            "children",
            "named_modules",
        ):
            return step
        if isinstance(step.node, ast.Attribute) and step.node.attr == "parameters":
            return step
        if isinstance(step.node, ast.List | ast.Tuple | ast.ListComp | ast.Dict):
            return step
    best = spot
    for step, before in itertools.pairwise(trail):
        is_parameter = isinstance(step.node, ast.Name) and step.source.scope_of(
            step.node
        ) is not before.source.scope_of(before.node)
        if not (is_parameter and "param" in step.text):
            break
        best = before
    return best


def _mixed_groups(case: Case, spot: Spot, value: Any) -> Finding:
    """Dictionaries and something else in one list of groups."""
    odd = next((index for index, item in enumerate(value) if not isinstance(item, dict)), 0)
    what = note("group {index} of the optimizer is a {kind}, the others are dictionaries", index=odd,
                kind=type(value[odd]).__name__)  # fmt: skip
    why = note("parameter groups are dictionaries with the key params")
    item = _group(case, spot, odd)
    if item is None:
        return case.finding("TW010", what, why=why, fix='{"params": ...}')
    text = " ".join(item.text.split())
    change = replaced(item, item.node, '{"params": ' + text + "}")
    return case.finding("TW010", what, why=why, fix=change.text, mend=change.mend)


def _group(case: Case, spot: Spot, index: int) -> Spot | None:
    """The expression of one group of the list."""
    if case.frame is not None and case.frame.node is not None and call_name(case.frame.node) == "add_param_group":
        return spot
    made = case.flow.born(spot)
    if isinstance(made.node, ast.List | ast.Tuple) and index < len(made.node.elts):
        return made.at(made.node.elts[index], ())
    if isinstance(made.node, ast.Dict) and index == 0:
        return made
    return None


def groups_dont_fit(case: Case) -> Iterator[Finding]:
    """TW010: a parameter stands in two groups, or a group lacks the key `params`."""
    frame = next((f for f in reversed(case.inner) if f.function == "add_param_group"), None)
    spot = params_spot(case)
    if frame is None or spot is None or case.frame is None:
        return
    if isinstance(case.error, KeyError):
        yield from _without_key(case, frame, spot)
    elif "more than one parameter group" in case.text:
        yield _twice(case, frame, spot)


def _without_key(case: Case, frame: Frame, spot: Spot) -> Iterator[Finding]:
    group = frame.locals.get("param_group")
    if not isinstance(group, dict) or "params" in group:
        return
    keys = [key for key in group if isinstance(key, str)]
    wrong = next((key for key in keys if key.startswith(("param", "weight")) or key == "parameters"), None)
    what = note("a parameter group has the keys {keys}, not params", keys=", ".join(keys))
    why = note("the parameters of a group stand under the key params")
    found = [n for s in case.flow.sites.sources for n in ast.walk(s.tree)
             if isinstance(n, ast.Constant) and n.value == wrong and isinstance(s.parents.get(n), ast.Dict)]  # fmt: skip
    sources = [s for s in case.flow.sites.sources for n in ast.walk(s.tree) if found and n is found[0]]
    if found and sources:
        place = Spot(sources[0], found[0])
        mend = Mend(file=place.file, line=place.line, old=place.text, new='"params"')
        yield case.finding("TW010", what, why=why, fix='"params": ...', mend=mend)
        return
    yield case.finding("TW010", what, why=why, fix='{"params": ...}', mend=_group(case, spot, _count(frame)))


def _count(frame: Frame) -> int:
    return len(getattr(frame.locals.get("self"), "param_groups", []))


def _twice(case: Case, frame: Frame, spot: Spot) -> Finding:
    """The same parameter in two groups: a shared weight, or a part of the model beside the whole."""
    optimizer, group = frame.locals.get("self"), frame.locals.get("param_group")
    earlier = getattr(optimizer, "param_groups", [])
    own = list(group["params"]) if isinstance(group, dict) and isinstance(group.get("params"), list) else []
    place = next((i for i, g in enumerate(earlier) if any(p is q for p in g["params"] for q in own)), 0)
    shared = [p for p in own if any(p is q for g in earlier for q in g["params"])]
    names = [_names(case, tensor) for tensor in shared[:2]]
    tied = next((found for found in names if len(found) > 1), [])
    index = len(earlier)
    shown = " = ".join(tied) if tied else ", ".join(name[0] for name in names if name)
    what = note(
        "the groups {one} and {other} both hold {names}", one=place, other=index, names=shown or note("a parameter")
    )
    why = note("each parameter is stepped once, so it may stand in one group only")
    if tied:
        why = note(
            "{names} are one and the same parameter, which may stand in one group only", names=" and ".join(tied)
        )
    is_whole = len(earlier) > place and len(earlier[place]["params"]) > len(own) and not tied
    first, second = _group(case, spot, place), _group(case, spot, index)
    chosen = first if is_whole and first is not None else second
    if chosen is None:
        fix: Words = note("add only parameters that the optimizer has not")
        return case.finding("TW010", what, why=why, fix=fix)
    fix = _disjoint(chosen, first if chosen is second else second, tied, shown)
    return case.finding("TW010", what, why=why, fix=fix, mend=chosen)


def _disjoint(chosen: Spot, other: Spot | None, tied: list[str], shown: str) -> Words:
    """How the one group leaves out what is in the other."""
    if tied:
        return note("leave {name} out of this group", name=tied[-1])
    if other is not None and isinstance(other.node, ast.Dict):
        text = " ".join(other.text.split())
        return note("leave out what stands in {group}", group=text if len(text) < 60 else text[:57] + "...")
    return note("leave {names} out of this group", names=shown)


def _names(case: Case, tensor: Any) -> list[str]:
    """The names of a parameter in the models of the program."""
    for frame in reversed(case.user):
        for value in list(frame.locals.values()):
            if isinstance(value, nn.Module):
                found = [n for n, p in value.named_parameters(remove_duplicate=False) if p is tensor]
                if found:
                    return found
    return []


RULES = (optimizer_gets_no_tensors, groups_dont_fit)
