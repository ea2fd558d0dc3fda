"""The way of a value back to where it got its dtype or its device, step by step, along the operand that carries it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.flow import Flow
from torchwise.doctor.properties import CASTS, MOVES, Property, kept_operands
from torchwise.doctor.samples import appended, stored
from torchwise.doctor.samples import element as part_of_element
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of

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
FACTORIES = {
    "zeros", "ones", "empty", "full", "arange", "eye", "rand", "randn", "randint", "randperm", "linspace", "tensor",
    "logspace", "normal", "tril_indices", "triu_indices", "as_tensor", "bernoulli", "hann_window", "from_numpy",
    "FloatTensor", "LongTensor", "asarray", "range", "hamming_window", "scalar_tensor", "BoolTensor", "Tensor", "to",
    "cuda", "cpu",
}  # fmt: skip
Carried = Property | Literal["values"]  # values: the numbers, whatever their dtype and device
LIKE = {
    "zeros_like", "ones_like", "rand_like", "randn_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full",
    "new_tensor", "new_empty", "type_as",
}  # fmt: skip
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

    def __init__(self, flow: Flow, spot: Spot, of: Carried, is_wrong: IsWrong) -> None:
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
        before = self._item(spot) or self.flow.before(spot)
        if before is not None:
            return Step(before, "batch" if element is not None else "same")
        if element is not None:
            return Step(element, "element")
        node = spot.node
        if isinstance(node, ast.Subscript) and spot.path and not isinstance(node.slice, ast.Constant):
            item = part_of_element(self.flow, spot.at(node.value))  # self.items[i] of (wave, label)
            if item is not None:
                return Step(item, "element")
        if isinstance(node, ast.List) and not node.elts and (found := appended(spot, spot.path)) is not None:
            return Step(found, "element")
        if isinstance(node, ast.Dict) and not node.keys and (put := stored(spot)) is not None:
            return Step(put, "element")
        operands = [spot.at(item, ()) for item in self.carriers(spot)]
        told = [(operand, self.is_wrong(operand)) for operand in operands]
        chosen = [operand for operand, wrong in told if wrong] or [o for o, wrong in told if wrong is None]
        return Step(chosen[0], "operand") if chosen else None

    def _item(self, spot: Spot) -> Spot | None:
        """The batch itself for batch["x"], with the key kept: what is done to the whole batch is met on the way."""
        node = spot.node
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
            return None
        if not isinstance(node.slice.value, str) or self.flow.before(spot) is None:
            return None
        return spot.at(node.value, (node.slice.value, *spot.path))

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
        if isinstance(node, ast.Compare) and self.of == "device":
            return [node.left, *node.comparators]
        if isinstance(node, ast.Attribute) and node.attr in TABLES:
            return [node.value]
        if isinstance(node, ast.Subscript):
            return [node.value]
        if isinstance(node, ast.Call):
            return self._of_call(spot, node)
        return self._kept(node)

    def _of_call(self, spot: Spot, node: ast.Call) -> list[ast.expr]:
        name = call_name(node)
        module = spot.at(node.func, ()).value()
        if isinstance(module, nn.Module):
            weights = list(module.parameters())
            is_stateless = isinstance(module, STATELESS) or (self.of != "device" and not weights)
            is_meta = self.of == "device" and any(weight.is_meta for weight in weights)  # some take inputs of others
            return list(node.args[:1]) if is_stateless or is_meta else []
        if name == "train_test_split" and spot.path and isinstance(spot.path[0], int):
            return list(node.args[spot.path[0] // 2 : spot.path[0] // 2 + 1])
        if name in PASSING and node.args:
            return list(node.args[:1])
        if name in TABLES and isinstance(node.func, ast.Attribute):
            return [node.func.value]
        if self.of == "device" and (name in CREATORS or name in LIKE):
            like = [node.func.value] if isinstance(node.func, ast.Attribute) and _is_method(node) else node.args[:1]
            return list(like) if name in LIKE and keyword_of(node, "device") is None else []
        if name in CREATORS:
            return [] if keyword_of(node, self.of) is not None else list(node.args[:1])
        if self.of == "values" and name in CASTS | MOVES | {"to"} and isinstance(node.func, ast.Attribute):
            return [node.func.value]
        kept = self._kept(node)
        if self.of != "device" or name in FACTORIES or kept:
            return kept
        operands = [item for item in operands_of(node) if not isinstance(item, ast.Constant)]
        return operands[int(isinstance(node.func, ast.Attribute) and not _is_method(node)) :]

    def _kept(self, node: ast.AST) -> list[ast.expr]:
        found = kept_operands(node, "dtype" if self.of == "values" else self.of)
        return [item for item in found if not isinstance(item, ast.Constant)]


def _is_method(node: ast.Call) -> bool:
    """Whether a call is one of a method of a value, and no function of a library."""
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) not in ("torch", "np", "F", "nn")


def _key(spot: Spot) -> tuple[Any, ...]:
    callers: list[ast.AST] = []
    caller = spot.caller
    while caller is not None and len(callers) < 3:
        callers.append(caller.node)
        caller = caller.caller
    return (spot.node, spot.path, id(spot.frame and spot.frame.frame), *callers)
