"""An optimizer gets something that is not parameters: a model, names, a method, a list of layers."""

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.objects.handed import UNKNOWN
from torchwise.doctor.objects.origins import origin_of_nothing
from torchwise.doctor.rules.optimizers import optimizer_frame, params_spot
from torchwise.doctor.rules.parameter_groups import is_value_of_params, mixed_groups
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
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
        if all(isinstance(item, dict) for item in value):
            yield from _group_of_a_module(case, spot, value)
        else:
            yield mixed_groups(case, spot, value)
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


def clipping_gets_a_model(case: Case) -> Iterator[Finding]:
    """TW009: clip_grad_norm_ and its like get the model itself."""
    frame = case.passed("clip_grad_norm_", "clip_grad_value_", "parameters_to_vector")
    model = frame.locals.get("parameters") if frame is not None else None
    node = case.frame.node if case.frame is not None else None
    if not isinstance(case.error, TypeError) or not isinstance(model, nn.Module) or not isinstance(node, ast.Call):
        return
    given = keyword_of(node, "parameters") or next(iter(node.args), None)
    if given is None:
        return
    spot = case.spot(given)
    what = note(
        "{function} gets the model {code} instead of its parameters", function=call_name(node), code=_brief(spot.text)
    )
    why = note("it takes a tensor or an iterable of tensors")
    change = replaced(spot, given, f"{spot.text}.parameters()", least=node)
    yield case.finding("TW009", what, why=why, fix=change.text, mend=change.mend)


def _group_of_a_module(case: Case, spot: Spot, value: Any) -> Iterator[Finding]:
    """`{"params": layer}`: the module, not its parameters."""
    odd = next(
        (g["params"] for g in value if isinstance(g.get("params"), nn.Module) or callable(g.get("params"))), None
    )
    if odd is None:
        return
    item = search_back(case.flow, spot, lambda s: is_value_of_params(s) and s.value(odd) is odd)
    item = item or search_back(case.flow, spot, is_value_of_params)
    kind = type(odd).__name__
    what = note("a parameter group holds a {kind} under params, not its parameters", kind=kind)
    why = note("params is an iterable of tensors, such as layer.parameters()")
    if item is None:
        yield case.finding("TW009", what, why=why, fix='{"params": layer.parameters()}')
        return
    suffix = ".parameters()" if isinstance(odd, nn.Module) else "()"
    change = replaced(item, item.node, f"{item.text}{suffix}", least=item.source.parents.get(item.node))
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


RULES = (
    optimizer_gets_no_tensors,
    clipping_gets_a_model,
)
