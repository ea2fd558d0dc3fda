"""Where one size of a tensor comes from: the way back of a dimension through layers, views, slices and arithmetic."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.evaluate import is_leaf_of_torch
from torchwise.doctor.flow import Flow
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, operands_of
from torchwise.doctor.tracing.called import Passed
from torchwise.doctor.tracing.earlier import Cache, Replay, value_of
from torchwise.doctor.tracing.passing import parameter_of_weight, through_call, through_layer

DEEPEST = 80
Kind = Literal["layer", "number", "made", "batch", "data"]
Batching = Literal["sample", "rows"] | None


@dataclass(frozen=True, eq=False)
class Origin:
    """What gave a dimension its size.

    kind: an argument of a layer, a number in the code (of a factory, a view, a slice), an operation that computed it,
    the batch of a loader, or the data. spot: the expression that made it. number: the expression of the size itself.
    is_input: whether it came into a module, or out of a loader, from outside.
    """

    kind: Kind
    spot: Spot
    size: int
    number: Spot | None = None
    layer: nn.Module | None = None
    parameter: str = ""
    steps: tuple[Spot, ...] = ()
    is_input: bool = False


@dataclass(frozen=True, eq=False)
class Place:
    """One dimension of the value of an expression, counted from the end (-1 is the last)."""

    spot: Spot
    dim: int


class Sizes:
    """Follows dimensions back."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._cache: Cache = {}

    def value(self, spot: Spot) -> Any:
        """The value of a spot as it was when its line ran; of a large tensor the shape alone."""
        return value_of(self.flow, spot, cache=self._cache)

    def shape(self, spot: Spot) -> tuple[int, ...] | None:
        """The shape of a spot's value."""
        value = self.value(spot)
        shape: tuple[int, ...] = getattr(value, "shape", None) or ()
        is_shaped = isinstance(value, Tensor) or (type(value).__module__ == "numpy" and bool(shape))
        return tuple(shape) if is_shaped else None

    def origin(self, spot: Spot, dim: int, size: int) -> Origin:
        """Where the dimension `dim` (counted from the end) of a spot's value has its size."""
        place, steps, is_input = Place(spot, dim), [spot], False
        for _ in range(DEEPEST):
            found = self._back(place, size)
            if isinstance(found, Origin):
                return replace(found, steps=tuple(steps), is_input=is_input or found.kind == "batch")
            is_input = is_input or self._enters(place.spot, found.spot)
            if found.spot is not place.spot:
                steps.append(found.spot)
            place = found
        return Origin("made", place.spot, size, steps=tuple(steps), is_input=is_input)

    def _enters(self, spot: Spot, before: Spot) -> bool:
        """Whether a step leads out of a module's forward, or out of a loader."""
        if not isinstance(spot.node, ast.Name):
            return False
        found = binding_of(spot.source, spot.node.id, spot.node)
        if found is None or found[0].kind == "value":
            return False
        if found[0].kind == "element":
            return self.batching(spot, before) is not None
        return isinstance(spot.receiver, nn.Module) and not isinstance(before.receiver, nn.Module)

    def _back(self, place: Place, size: int) -> Place | Origin:
        """One step back."""
        spot = place.spot
        before = self.flow.before(spot)
        if before is not None:
            batching = self.batching(spot, before)
            if batching is not None and -place.dim == len(self.shape(spot) or ()):
                return Origin("batch", before, size)
            return Place(before, place.dim)
        passed = self._owned(spot, place.dim) or self._passed(spot, place.dim, size)
        if passed is None:
            kind: Kind = "data" if not isinstance(spot.node, ast.Call | ast.BinOp | ast.Subscript) else "made"
            return Origin(kind, spot, size)
        if passed.operand is not None:
            return Place(passed.operand, passed.dim)
        kind = "layer" if passed.layer is not None else "number" if passed.number is not None else "made"
        return Origin(kind, spot, size, passed.number, passed.layer, passed.parameter)

    def batching(self, spot: Spot, before: Spot) -> Batching:
        """Whether a step leads from a batch to one of its samples, or to the rows of a whole data set."""
        if not isinstance(spot.node, ast.Name):
            return None
        found = binding_of(spot.source, spot.node.id, spot.node)
        if found is None or found[0].kind != "element":
            return None
        sample, batch = self.shape(before), self.shape(spot)
        if sample is None or batch is None:
            return None
        if len(batch) == len(sample) + 1:
            return "sample"
        return "rows" if len(batch) == len(sample) and batch[1:] == sample[1:] and batch != sample else None

    def _passed(self, spot: Spot, dim: int, size: int) -> Passed | None:
        """What an expression that makes a new value does to a dimension; None where the way ends."""
        node = spot.node
        if isinstance(node, ast.BinOp | ast.Compare):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                return through_call(self, spot, "matmul", [node.left, node.right], dim, size)
            return self.operand_with(spot, list(operands_of(node)), dim, size)
        if isinstance(node, ast.UnaryOp):
            return Passed(spot.at(node.operand, ()), dim)
        if isinstance(node, ast.Subscript):
            return self._subscript(spot, dim, size)
        if isinstance(node, ast.Attribute):
            return self._attribute(spot, dim)
        if isinstance(node, ast.Call):
            return self._call(spot, dim, size)
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return Passed(spot.at(node.elt, ()), dim)
        return None

    def _owned(self, spot: Spot, dim: int) -> Passed | None:
        """A parameter that was taken from a module by a loop over its parameters: its layer is found by looking."""
        value = spot.value() if isinstance(spot.node, ast.Name) else None
        if not isinstance(value, nn.Parameter):
            return None
        for root in self._modules():
            for module in root.modules():
                for name, parameter in module._parameters.items():
                    if parameter is value:
                        kind = parameter_of_weight(module, name, value.dim() + dim)
                        return Passed(None, 0, layer=module, parameter=kind)
        return None

    def _modules(self) -> Iterator[nn.Module]:
        """The modules at hand: variables of the frames, and attributes of their objects."""
        for frame in self.flow.frames:
            for value in [*frame.locals.values(), *frame.frame.f_globals.values()]:
                if isinstance(value, nn.Module):
                    yield value
                elif type(value).__module__ == "__main__":
                    yield from (item for item in getattr(value, "__dict__", {}).values() if isinstance(item, nn.Module))

    def operand_with(self, spot: Spot, nodes: list[ast.expr], dim: int, size: int) -> Passed | None:
        """The operand whose dimension has that size: in broadcasting the other ones have 1."""
        for node in nodes:
            shape = self.shape(spot.at(node, ()))
            if shape is not None and -dim <= len(shape) and shape[dim] == size:
                return Passed(spot.at(node, ()), dim)
        return None

    def _attribute(self, spot: Spot, dim: int) -> Passed | None:
        assert isinstance(spot.node, ast.Attribute), "called for attributes"
        name = spot.node.attr
        base = spot.at(spot.node.value, ())
        if name in ("T", "mT", "H", "mH"):
            shape = self.shape(base)
            if shape is not None:
                swapped = {-1: -2, -2: -1} if name in ("mT", "mH") else {-d: d - len(shape) - 1 for d in range(1, 9)}
                return Passed(base, swapped.get(dim, dim))
        owner = self.value(base) if name in ("weight", "bias") else None
        if isinstance(owner, nn.Module):
            shape = self.shape(spot)
            parameter = parameter_of_weight(owner, name, len(shape) + dim) if shape is not None else ""
            return Passed(None, 0, layer=owner, parameter=parameter)
        if name in ("data", "real", "imag", "grad"):
            return Passed(base, dim)
        if name in ("values", "indices"):
            return Passed(base.at(base.node, (0,)), dim)
        return None

    def _subscript(self, spot: Spot, dim: int, size: int) -> Passed | None:
        """Which dimension of the base is meant, and whether the index itself set the size."""
        assert isinstance(spot.node, ast.Subscript), "called for subscripts"
        base = spot.at(spot.node.value, ())
        shape = self.shape(base)
        if shape is None:
            key = self.value(spot.at(spot.node.slice, ()))
            if isinstance(self.value(base), list | tuple) and isinstance(key, int):
                return Passed(base.at(base.node, (key, *spot.path)), dim)
            return None
        parts = spot.node.slice.elts if isinstance(spot.node.slice, ast.Tuple) else [spot.node.slice]
        result = self.shape(spot)
        if result is None:
            return None
        return self._indexed(spot, parts, shape, len(result) + dim)

    def _indexed(self, spot: Spot, parts: list[ast.expr], shape: tuple[int, ...], wanted: int) -> Passed | None:
        """The part of an index that makes the dimension `wanted` (from the front) of its result."""
        base = spot.at(spot.node.value, ())  # type: ignore[attr-defined]
        values = [self.value(spot.at(part, ())) for part in parts]
        pairs = zip(parts, values, strict=True)
        used = sum((v is not None and v is not Ellipsis) or isinstance(p, ast.Slice) for p, v in pairs)
        source = target = 0
        for part, value in zip(parts, values, strict=True):
            if value is Ellipsis:
                skipped = len(shape) - used
                if target <= wanted < target + skipped:
                    return Passed(base, source + wanted - target - len(shape))
                source, target = source + skipped, target + skipped
            elif isinstance(part, ast.Slice):
                if target == wanted:
                    return self._sliced(spot, part, base, source - len(shape))
                source, target = source + 1, target + 1
            elif value is None and isinstance(part, ast.Constant):
                if target == wanted:
                    return Passed(None, 0)
                target += 1
            elif isinstance(value, Tensor) and value.dim() and value.dtype.is_floating_point is False:
                rank = 1 if str(value.dtype) == "torch.bool" else value.dim()
                if target <= wanted < target + rank:
                    return Passed(None, 0) if rank != value.dim() else Passed(spot.at(part, ()), wanted - target - rank)
                source, target = source + (value.dim() if rank != value.dim() else 1), target + rank
            elif isinstance(value, list | range):
                if target == wanted:
                    return Passed(None, 0, number=spot.at(part, ()))
                source, target = source + 1, target + 1
            else:
                source += 1
        return Passed(base, source + wanted - target - len(shape))

    def _sliced(self, spot: Spot, part: ast.Slice, base: Spot, dim: int) -> Passed | None:
        """A slice sets the size by its bounds, unless it takes all."""
        bounds = [bound for bound in (part.upper, part.lower, part.step) if bound is not None]
        shape = self.shape(base)
        size = slice(*(None if b is None else self.value(spot.at(b, ())) for b in (part.lower, part.upper, part.step)))
        try:
            taken = len(range(*size.indices(shape[dim]))) if shape else None
        except (TypeError, ValueError):
            taken = None
        if not bounds or (shape is not None and taken == shape[dim]):
            return Passed(base, dim)
        is_size = part.upper is not None and len(bounds) == 1 and size.stop == taken
        return Passed(None, 0, number=spot.at(bounds[0], ()) if is_size else None)

    def _call(self, spot: Spot, dim: int, size: int) -> Passed | None:
        """Through a layer or a function of torch's."""
        assert isinstance(spot.node, ast.Call), "called for calls"
        node = spot.node
        function = self.value(spot.at(node.func, ()))
        if isinstance(function, nn.Module):
            return self._module(spot, function, dim)
        operands: list[ast.expr] = list(node.args)
        if isinstance(node.func, ast.Attribute) and self.shape(spot.at(node.func.value, ())) is not None:
            operands.insert(0, node.func.value)
        return through_call(self, spot, call_name(node), operands, dim, size)

    def _module(self, spot: Spot, module: nn.Module, dim: int) -> Passed | None:
        """Through a layer, or the layers of a Sequential from the last to the first."""
        assert isinstance(spot.node, ast.Call), "a module is called"
        given = spot.node.args[0] if spot.node.args else next((k.value for k in spot.node.keywords), None)
        if given is None:
            return None
        chain: list[tuple[nn.Module, Any, Any]] = []
        value = self.value(spot.at(given, ()))
        replay = Replay(self.flow, spot)
        for layer in flattened(module):
            try:
                made = replay.run(layer, value) if value is not None else None
            except Exception:  # then its shapes are not known; many layers can be passed without them
                made = None
            chain.append((layer, value, made))
            value = made[0] if isinstance(made, tuple) else made
        for layer, before, after in reversed(chain):
            if not is_leaf_of_torch(layer):
                return Passed(None, 0, layer=layer)
            passed = through_layer(layer, before, after, spot.path, dim)
            if passed.operand is None and passed.is_end:
                return passed
            dim = passed.dim
        return Passed(spot.at(given, ()), dim)


def flattened(module: nn.Module) -> list[nn.Module]:
    """The layers of a Sequential, those of Sequentials in it too; any other module alone."""
    if type(module) is nn.Sequential:
        return [leaf for child in module for leaf in flattened(child)]
    return [module]
