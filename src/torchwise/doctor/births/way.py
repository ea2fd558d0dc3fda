"""The way of a value back to where it got its dtype or its device, step by step, along the operand that carries it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.flow import Flow
from torchwise.doctor.properties import Property, kept_operands
from torchwise.doctor.samples import appended
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of

LONGEST = 50
CREATORS = {"from_numpy", "tensor", "as_tensor", "asarray", "array", "ascontiguousarray", "asanyarray", "frombuffer"}
PASSING = {
    "list",
    "tuple",
    "sorted",
    "reversed",
    "deque",
    "Subset",
    "default_collate",
    "collate",
    "fromiter",
    "squeeze",
}
TABLES = {"to_numpy", "values", "iloc", "loc", "drop", "dropna", "reset_index", "head", "sample", "fillna", "pop"}
STATELESS = (
    nn.ReLU, nn.Flatten, nn.Dropout, nn.Identity, nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d, nn.GELU, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.Softmax, nn.Upsample, nn.SiLU, nn.Unflatten,
)  # fmt: skip
Link = Literal["start", "same", "batch", "operand", "element"]
IsWrong = Callable[[Spot], bool | None]  # None where it can't be told


@dataclass(frozen=True, eq=False)
class Step:
    """link: how the step before has its value from this one."""

    spot: Spot
    link: Link

    @property
    def node(self) -> ast.AST:
        """Its expression."""
        return self.spot.node


class Way:
    """The steps from an expression back to where the property in question was born; the last one is the birth."""

    def __init__(self, flow: Flow, spot: Spot, of: Property, is_wrong: IsWrong) -> None:
        self.flow, self.of, self.is_wrong = flow, of, is_wrong
        self.steps = [Step(spot, "start")]
        met = {_key(spot)}
        while len(self.steps) < LONGEST:
            step = self._next(self.steps[-1].spot)
            if step is None or _key(step.spot) in met:
                break
            met.add(_key(step.spot))
            self.steps.append(step)

    @property
    def birth(self) -> Spot:
        """Where it began."""
        return self.steps[-1].spot

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def _next(self, spot: Spot) -> Step | None:
        element = self._element_of(spot)
        before = self.flow.before(spot)
        if before is not None:
            return Step(before, "batch" if element is not None else "same")
        if element is not None:
            return Step(element, "element")
        node = spot.node
        if isinstance(node, ast.List) and not node.elts and (found := appended(spot, spot.path)) is not None:
            return Step(found, "element")
        operands = [spot.at(item, ()) for item in self.carriers(spot)]
        told = [(operand, self.is_wrong(operand)) for operand in operands]
        chosen = [operand for operand, wrong in told if wrong] or [o for o, wrong in told if wrong is None]
        return Step(chosen[0], "operand") if chosen else None

    def _element_of(self, spot: Spot) -> Spot | None:
        """The iterable, for a name that a loop binds."""
        if not isinstance(spot.node, ast.Name):
            return None
        found = binding_of(spot.source, spot.node.id, spot.node)
        return spot.at(found[0].node, ()) if found is not None and found[0].kind == "element" else None

    def carriers(self, spot: Spot) -> list[ast.expr]:
        """The operands that may hand the property on."""
        node = spot.node
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return [node.elt]
        if isinstance(node, ast.DictComp):
            return [node.value]
        if isinstance(node, ast.Starred):
            return [node.value]
        if isinstance(node, ast.Attribute) and node.attr in TABLES:
            return [node.value]
        if isinstance(node, ast.Subscript):
            return [node.value]
        if isinstance(node, ast.Call):
            return self._of_call(spot, node)
        return [item for item in kept_operands(node, self.of) if not isinstance(item, ast.Constant)]

    def _of_call(self, spot: Spot, node: ast.Call) -> list[ast.expr]:
        name = call_name(node)
        module = spot.at(node.func, ()).value()
        if isinstance(module, nn.Module):
            is_stateless = isinstance(module, STATELESS) or (self.of == "dtype" and not list(module.parameters()))
            return list(node.args[:1]) if is_stateless else []
        if name == "train_test_split" and spot.path and isinstance(spot.path[0], int):
            return list(node.args[spot.path[0] // 2 : spot.path[0] // 2 + 1])
        if name in PASSING and node.args:
            return list(node.args[:1])
        if name in TABLES and isinstance(node.func, ast.Attribute):
            return [node.func.value]
        if name in CREATORS:
            return [] if keyword_of(node, self.of) is not None else list(node.args[:1])
        found = kept_operands(node, self.of)
        return [item for item in found if not isinstance(item, ast.Constant)]


def _key(spot: Spot) -> tuple[Any, ...]:
    callers = []
    caller = spot.caller
    while caller is not None and len(callers) < 3:
        callers.append(caller.node)
        caller = caller.caller
    return (spot.node, spot.path, id(spot.frame and spot.frame.frame), *callers)
