"""A layer of torch's that failed: what the user handed to it, and how its arguments are changed."""

import ast
import inspect
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.arguments import argument_of_layer
from torchwise.doctor.tracing.blame import number_of
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, sizes_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin


@dataclass(frozen=True, eq=False)
class Called:
    """The call of a layer: the layer, the names of its inputs with their values and, where they are written, places."""

    case: Case
    layer: nn.Module
    values: dict[str, Any]
    spots: dict[str, Spot]

    def shaped(self, name: str) -> Shaped | None:
        """One input, if it is a tensor."""
        value, spot = self.values.get(name), self.spots.get(name)
        if not isinstance(value, Tensor) or spot is None:
            return None
        return Shaped(" ".join(spot.text.split()), spot, tuple(value.shape), value, name)

    @property
    def call(self) -> ast.AST | None:
        """The user's call."""
        return self.case.operation.node if self.case.operation is not None else None


def called_layer(case: Case, kinds: tuple[type[nn.Module], ...]) -> Called | None:
    """The outermost layer of these kinds below the user's line, with the arguments it was called with."""
    for frame in case.inner:
        module = frame.locals.get("self")
        if frame.function in ("_call_impl", "_wrapped_call_impl") and isinstance(module, kinds):
            args, kwargs = frame.locals.get("args", ()), frame.locals.get("kwargs", {})
            return _called(case, module, args, kwargs)
    return None


def _called(case: Case, module: nn.Module, args: Any, kwargs: Any) -> Called:
    """The inputs by the names that the layer's forward gives them."""
    names = [name for name in inspect.signature(type(module).forward).parameters if name != "self"]
    values = {**dict(zip(names, args, strict=False)), **kwargs}
    spots: dict[str, Spot] = {}
    operation = case.operation
    if operation is not None and isinstance(operation.node, ast.Call) and operation.callee in (module, None):
        call = operation.node
        if not any(isinstance(item, ast.Starred) for item in call.args):
            spots = {name: case.spot(node) for name, node in zip(names, call.args, strict=False)}
            spots |= {item.arg: case.spot(item.value) for item in call.keywords if item.arg is not None}
    elif operation is not None and isinstance(operation.node, ast.Call) and operation.node.args and args:
        first = case.spot(operation.node.args[0])  # of a Sequential, whose first layer this is
        spots = {names[0]: first} if sizes_of(case).value(first) is args[0] else {}
    return Called(case, module, values, spots)


def site_of(case: Case, layer: nn.Module) -> Spot | None:
    """The call that built a layer; of a copied one the only call of its class (or of the class around it)."""
    site = case.site_of(layer)
    if site is not None and isinstance(site.node, ast.Call):
        return site
    return case.flow.sites.search(layer)


def with_keyword(site: Spot, name: str, value: str) -> Change | None:
    """The call that built a layer with one more keyword, or another value for one."""
    call = site.node
    if not isinstance(call, ast.Call):
        return None
    given = keyword_of(call, name)
    if given is not None:
        return replaced(site.at(given, ()), given, value, least=call)
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not arguments:
        return None
    last = max(arguments, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    return replaced(site.at(last, ()), last, f"{site.source.text(last)}, {name}={value}", least=call)


def layer_number(
    case: Case, site: Spot, cls: type, wanted: int, *names: str, against: Origin | None = None
) -> Change | None:
    """Another number for a parameter of a layer: where it was born if it serves nothing else, else in the call."""
    given = argument_of_layer(site, cls, *names)
    if given is None:
        return None
    theirs = number_of(case, against) if against is not None else None
    return number_change(case, given, wanted, site.node, against=theirs)
