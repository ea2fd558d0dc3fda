"""Names of parameters in the code: a filter by a name that no parameter of the model has."""

import ast
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name


def names_of(case: Case, tensor: Tensor) -> list[str]:
    """The names of a parameter in the models of the program."""
    model = _model_with(case, tensor)
    return [n for n, p in model.named_parameters(remove_duplicate=False) if p is tensor] if model is not None else []


def _model_with(case: Case, tensor: Tensor) -> nn.Module | None:
    """The innermost model at hand that holds a parameter."""
    for frame in reversed(case.user):
        for value in [*frame.locals.values(), *getattr(frame.receiver(), "__dict__", {}).values()]:
            if isinstance(value, nn.Module) and any(p is tensor for p in value.parameters()):
                return value
    return None


def unmatched_name(case: Case, meant: list[Tensor]) -> tuple[Spot, str] | None:
    """A string that names of parameters are compared with and that none has; and the module whose parameters are meant."""
    model = _model_with(case, meant[0]) if meant else None
    if model is None:
        return None
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    wanted = {id(tensor) for tensor in meant}
    owners = (n for n, module in model.named_modules() if n and {id(p) for p in module.parameters()} == wanted)
    owner = next(owners, None)
    if owner is None:
        return None
    for spot in _compared(case):
        text = spot.node.value if isinstance(spot.node, ast.Constant) else None
        if isinstance(text, str) and text and not any(text in name for name in names):
            return spot, f'"{owner}."' if text.endswith(".") else f'"{owner}"'
    return None


def _compared(case: Case) -> Iterator[Spot]:
    """The strings in `name.startswith("head")` and `"head" in name` where a program goes over named parameters."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call) and call_name(node) == "startswith" and node.args:
                given = node.args[:1]
            elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
                given = [node.left]
            scope = source.scope_of(node)
            if not given or not any(call_name(n) == "named_parameters" for n in ast.walk(scope)):
                continue
            items = given[0].elts if isinstance(given[0], ast.Tuple) else given
            yield from (case.flow.born(Spot(source, item)) for item in items)
