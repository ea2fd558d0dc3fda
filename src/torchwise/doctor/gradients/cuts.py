"""The way from a loss without a graph back to the weights, and what on it cuts the graph off."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.gradients.contexts import Off, switched_off
from torchwise.doctor.objects.backwards import put_in
from torchwise.doctor.objects.leaves import asks_for_gradient
from torchwise.doctor.past.calls import callee, elements, held
from torchwise.doctor.samples import appended, target_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of

NUMBERS = {"item", "tolist", "float", "int", "bool"}
DETACHING = {"detach", "data", "detach_", "clone_detached"}
CLASSES = {
    "argmax",
    "argmin",
    "argsort",
    "multinomial",
    "bincount",
    "nonzero",
    "searchsorted",
    "one_hot",
    "topk_indices",
}
COMPARING = {
    "gt",
    "lt",
    "ge",
    "le",
    "eq",
    "ne",
    "greater",
    "less",
    "isclose",
    "logical_and",
    "logical_not",
    "heaviside",
}
CASTING = {"long", "int", "short", "byte", "char", "bool"}
REWRAPPING = {"tensor", "as_tensor", "Tensor", "FloatTensor", "from_numpy", "asarray", "scalar_tensor"}
ARRAYS = {"numpy", "array", "asarray"}
SECOND = {"max", "min", "topk", "sort", "mode", "median", "kthvalue"}  # values, then indices
MOST = 600  # expressions
DEEPEST = 40


@dataclass(frozen=True, eq=False)
class Cut:
    """What cuts the graph off.

    kind: numbers, detached, classes, compared, cast, rewrapped, arrays, sampled, once or off (then with `off`).
    """

    kind: str
    spot: Spot
    off: Off | None = None
    module: nn.Module | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """One way from the loss to weights: what cuts it, the first from the loss; the module or tensor at its end."""

    cuts: tuple[Cut, ...]
    end: Any
    spot: Spot
    is_frozen: bool

    @property
    def cut(self) -> Cut:
        """The cut nearest to the weights; of several in one statement the outermost."""
        found = self.cuts[-1]
        for cut in reversed(self.cuts[:-1]):
            if found.off is None and cut.off is None and found.spot.node in set(ast.walk(cut.spot.node)):
                found = cut
        return found


class Search:
    """Follows every operand of an expression back until weights (or, to_modules, calls of modules) are met."""

    def __init__(self, case: Case, *, to_modules: bool = False) -> None:
        self.case, self.flow = case, case.flow
        self.to_modules = to_modules  # go on past live tensors, to the calls that made them
        self.seen: set[tuple[Any, ...]] = set()
        self.found: list[Found] = []
        self.stopped: list[Spot] = []  # expressions that lead no further

    def visit(self, spot: Spot, cuts: tuple[Cut, ...] = (), depth: int = 0) -> None:
        """Follow one expression."""
        key = (spot.node, spot.path, _calls(spot), bool(cuts))
        if key in self.seen or len(self.seen) > MOST or depth > DEEPEST:
            return
        self.seen.add(key)
        off = switched_off(spot)
        if off is not None and not any(cut.off and cut.off.spot.node is off.spot.node for cut in cuts):
            cuts = (*cuts, Cut("off", off.spot, off))
        if self._is_end(spot, cuts):
            return
        if (kind := cut_kind(spot)) and not isinstance(spot.node, ast.Name):
            cuts = (*cuts, Cut(kind, spot))
        for step in self._onward(spot):
            self.visit(step, cuts, depth + 1)

    def _is_end(self, spot: Spot, cuts: tuple[Cut, ...]) -> bool:
        """Whether the way ends here: a live tensor with a graph, a weight, one that is made, a module with weights."""
        node = spot.node
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            value = spot.value() if spot.frame is not None else None
            if self.to_modules and not isinstance(value, nn.Parameter):
                return False
            if value is None and isinstance(node, ast.Attribute):
                value = held(self.flow, spot)
            if isinstance(value, Tensor) and (value.requires_grad or isinstance(value, nn.Parameter)):
                self.found.append(Found(cuts, value, spot, not value.requires_grad))
                return True
        if isinstance(node, ast.Call):
            if cuts and (asks_for_gradient(node) is not None or call_name(node) == "Parameter"):
                self.found.append(Found(cuts, None, spot, is_frozen=False))
                return True
            module = self.module_called(spot)
            if module is not None and (weights := list(module.parameters())):
                is_frozen = not any(weight.requires_grad for weight in weights)
                if type(module).__module__.startswith("torch.nn") or is_frozen or not self._inside(spot):
                    self.found.append(Found(cuts, module, spot, is_frozen))
                    return not is_frozen
        return False

    def _inside(self, spot: Spot) -> bool:
        """Whether what a module's forward returns can be followed."""
        return self.flow.before(spot) is not None

    def module_called(self, spot: Spot) -> nn.Module | None:
        """The module that a call calls; of a loop over layers the last one."""
        value = callee(self.flow, spot)
        if value is None and isinstance(spot.node, ast.Call):
            value = next(reversed(elements(self.flow, spot.at(spot.node.func, ()))), None)
        return value if isinstance(value, nn.Module) else None

    def _onward(self, spot: Spot) -> Iterator[Spot]:
        """The expressions that a value was made from."""
        before = self.flow.before(spot)
        if before is not None and before.node is not spot.node:
            yield before
            if isinstance(spot.node, ast.Call):  # into a module of the user's; what it was given matters too
                return
            yield from self._sums(spot, before)
            return
        node = spot.node
        is_empty = isinstance(node, ast.List) and not node.elts
        if is_empty or (isinstance(node, ast.Call) and call_name(node) in ("list", "deque") and not node.args):
            if (item := appended(spot, ())) is not None:
                yield item
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            yield spot.at(node.elt, ())
        elif isinstance(node, ast.DictComp):
            yield spot.at(node.value, ())
        elif isinstance(node, ast.Dict):
            name = getattr(target_of(spot), "id", "")
            yield from [*(spot.at(value, ()) for value in node.values), *(put_in(spot, name) if name else ())]
        elif isinstance(node, ast.Attribute | ast.Starred | ast.Await):
            yield spot.at(node.value, ())
        elif isinstance(node, ast.IfExp):
            yield from (spot.at(node.body, ()), spot.at(node.orelse, ()))
        elif isinstance(node, ast.BoolOp):
            yield from (spot.at(item, ()) for item in node.values)
        else:
            operands = [item for item in operands_of(node) if not isinstance(item, ast.Constant)]
            yield from (spot.at(item, ()) for item in operands)
            if not operands and not isinstance(node, ast.Constant):
                self.stopped.append(spot)

    def _sums(self, spot: Spot, before: Spot) -> Iterator[Spot]:
        """The values that a name had before too: loss = a; loss = loss + b."""
        if isinstance(before.node, ast.Name | ast.Call) or not isinstance(spot.node, ast.Name):
            return
        if isinstance(before.node, ast.Constant | ast.List):
            scope = before.source.scope_of(before.node)
            for binding in bindings_in(scope, spot.node.id):
                if binding.kind == "value" and binding.node is not before.node:
                    yield before.at(binding.node, binding.path)


def cut_kind(spot: Spot) -> str:
    """How an expression cuts its value off from the graph; "" if it doesn't."""
    node = spot.node
    if isinstance(node, ast.Compare):
        return "compared"
    if isinstance(node, ast.Subscript):
        is_second = isinstance(node.slice, ast.Constant) and node.slice.value == 1
        return "classes" if is_second and call_name(node.value) in SECOND else ""
    if isinstance(node, ast.Attribute):
        return "detached" if node.attr == "data" else ("classes" if node.attr == "indices" else "")
    if not isinstance(node, ast.Call):
        return ""
    name = call_name(node)
    is_method = isinstance(node.func, ast.Attribute)
    home = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if home in ("np", "numpy", "math", "metrics") or (name in ("numpy",) and is_method):
        return "arrays"
    if name in REWRAPPING and (home in ("torch", "") or name.endswith("Tensor")):
        return "rewrapped"
    if name in ("float", "int", "bool") and not is_method:
        return "numbers" if node.args else ""
    if name in ("item", "tolist"):
        return "numbers"
    if name in DETACHING:
        return "detached"
    if name in CLASSES or (name in SECOND and spot.path[:1] == (1,)):
        return "classes"
    if name in COMPARING:
        return "compared"
    if is_method and (name in CASTING or (name in ("to", "type", "astype") and _is_whole(node))):
        return "cast"
    if name == "grad" and "autograd" in home and keyword_of(node, "create_graph") is None:
        return "once"
    return "sampled" if name == "sample" and is_method else ""


def _is_whole(node: ast.Call) -> bool:
    """Whether .to(...) or .type(...) turns into whole numbers."""
    text = ast.unparse(node)
    return any(word in text for word in ("long", "int", "Long", "Int", "bool", "uint8"))


def _calls(spot: Spot) -> tuple[ast.AST, ...]:
    found = []
    while (caller := spot.caller) is not None:
        found.append(caller.node)
        spot = caller
    return tuple(found)
