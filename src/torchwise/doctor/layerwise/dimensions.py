"""Where the size of one dimension was decided: by a layer's settings, a flatten, a cat, or outside of the model."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Literal

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd

from torchwise.doctor.retracing.steps import Shape, Step
from torchwise.doctor.shapes import Way

Kind = Literal["layer", "flatten", "cat", "outside", "other"]
VIEWS = {
    "permute", "transpose", "t", "T", "mT", "H", "swapaxes", "swapdims", "movedim", "moveaxis", "unsqueeze", "squeeze",
    "select", "__getitem__", "getitem", "narrow", "unbind", "chunk", "split", "expand", "expand_as",
}  # fmt: skip
RESHAPES = {"flatten", "view", "reshape", "unflatten", "ravel", "view_as", "reshape_as", "Flatten", "Unflatten"}
REDUCTIONS = {"mean", "sum", "amax", "amin", "max", "min", "std", "var", "norm", "logsumexp", "prod", "median"}
JOINS = {"cat", "concat", "concatenate", "hstack"}
PRODUCTS = {"matmul", "__matmul__", "mm", "bmm"}
PARTED = {"chunk", "tensor_split", "glu", "GLU"}
DEEPEST = 400


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Where a size was decided.

    kind "layer": by the argument `name` of `module`, `factor` times. "flatten": `parts` were joined by `step`.
    "cat": by `step`. "outside": the tensor came from outside, or its maker says nothing. agreed: normalisation layers
    on the way that were built for this size. parted: into how many parts the layer's output was cut on the way.
    """

    kind: Kind
    size: int
    tensor: Tensor
    dim: int
    step: Step | None = None
    module: nn.Module | None = None
    name: str = ""
    factor: int = 1
    parts: Shape = ()
    agreed: tuple[nn.Module, ...] = field(default=())
    parted: int = 1


def decided(way: Way, tensor: Tensor, dim: int) -> Decided:
    """Where the size of a dimension was decided."""
    agreed: list[nn.Module] = []
    dim %= max(tensor.dim(), 1)
    for _ in range(DEEPEST):
        size = tensor.shape[dim]
        step = way.maker(tensor)
        if step is None:
            break
        name = setting(step.module, dim - tensor.dim())
        if name:
            value = getattr(step.module, name)
            return Decided(
                kind="layer", size=size, tensor=tensor, dim=dim, step=step, module=step.module, name=name,
                factor=max(size // value, 1) if value else 1, agreed=tuple(agreed),
            )  # fmt: skip
        if isinstance(step.module, _NormBase | nn.LayerNorm | nn.GroupNorm) and step.inputs:
            agreed.append(step.module)
        found = _before(step, tensor, dim)
        if found == "other" and (whole := _parted(way, step, tensor, dim)) is not None:
            return replace(whole, agreed=(*agreed, *whole.agreed))
        if isinstance(found, str):
            parts = _joined(step, tensor, dim) if found == "flatten" else ()
            return Decided(
                kind=found, size=size, tensor=tensor, dim=dim, step=step, parts=parts, agreed=tuple(agreed)
            )  # fmt: skip
        tensor, dim = found
    return Decided(kind="outside", size=tensor.shape[dim], tensor=tensor, dim=dim, agreed=tuple(agreed))


def _parted(way: Way, step: Step, tensor: Tensor, dim: int) -> Decided | None:
    """The layer whose output was cut into equal parts: a chunk of mean and spread, the gate of a GLU."""
    given = step.inputs[0] if step.inputs else None
    if step.name not in PARTED or given is None or given.dim() != tensor.dim() or not tensor.shape[dim]:
        return None
    parts, rest = divmod(given.shape[dim], tensor.shape[dim])
    whole = decided(way, given, dim) if parts > 1 and not rest else None
    is_layer = whole is not None and whole.kind == "layer"
    return (
        replace(whole, size=tensor.shape[dim], parted=whole.parted * parts) if whole is not None and is_layer else None
    )


def setting(module: nn.Module | None, from_end: int) -> str:
    """The argument of a layer that decides a dimension of its output, counted from the end; "" if none does."""
    if isinstance(module, nn.Linear | nn.Bilinear):
        return "out_features" if from_end == -1 else ""
    if isinstance(module, _ConvNd):
        return "out_channels" if from_end == -1 - len(module.kernel_size) else ""
    if isinstance(module, nn.Embedding | nn.EmbeddingBag):
        return "embedding_dim" if from_end == -1 else ""
    if isinstance(module, nn.RNNBase):
        return ("proj_size" if module.proj_size else "hidden_size") if from_end == -1 else ""
    if isinstance(module, nn.RNNCellBase):
        return "hidden_size" if from_end == -1 else ""
    return ""


def _before(step: Step, tensor: Tensor, dim: int) -> tuple[Tensor, int] | Kind:
    """The input and its dimension that a size was taken over from, or the kind of step that decided it."""
    if not step.inputs:
        return "other"
    given = step.inputs[0]
    if step.name in RESHAPES:
        span = _span(tuple(given.shape), tuple(tensor.shape), dim)
        if span is None:
            return "other"
        return (given, span[0]) if span[1] - span[0] == 1 else "flatten"
    if step.name in VIEWS:
        return _viewed(given, tensor, dim)
    if step.name in REDUCTIONS:
        kept = _kept_dimensions(step, given)
        return (given, kept[dim]) if len(kept) == tensor.dim() else _same(step, tensor, dim)
    if step.name in JOINS:
        axis = step.named.get("dim", step.named.get("axis", step.arguments[1] if len(step.arguments) > 1 else 0))
        axis = 1 if step.name == "hstack" and tensor.dim() > 1 else axis
        return "cat" if isinstance(axis, int) and axis % tensor.dim() == dim else (given, dim)
    if step.name in PRODUCTS and len(step.inputs) == 2 and dim == tensor.dim() - 1:
        other = step.inputs[1]
        return (other, other.dim() - 1)
    return _same(step, tensor, dim)


def _same(step: Step, tensor: Tensor, dim: int) -> tuple[Tensor, int] | Kind:
    """The input that has this size at the same place, those of the very shape first."""
    inputs = sorted(step.inputs, key=lambda given: given.shape != tensor.shape)
    for given in inputs:
        for index in (dim, dim - tensor.dim() + given.dim()):
            if 0 <= index < given.dim() and given.shape[index] == tensor.shape[dim]:
                return given, index
    return "other"


def _viewed(given: Tensor, tensor: Tensor, dim: int) -> tuple[Tensor, int] | Kind:
    """The dimension of a tensor that a view of it shows as another: it has the same size and the same stride."""
    fits = [
        index for index in range(given.dim())
        if given.shape[index] == tensor.shape[dim] and given.stride(index) == tensor.stride(dim)
    ]  # fmt: skip
    if not fits:
        return "other"
    from_end = dim - tensor.dim() + given.dim()
    return given, from_end if from_end in fits else dim if dim in fits else fits[0]


def _kept_dimensions(step: Step, given: Tensor) -> list[int]:
    """The dimensions that a reduction leaves, in order."""
    values = [*step.arguments[1:], step.named.get("dim"), step.named.get("axis")]
    gone: set[int] = set()
    for value in values:
        for item in value if isinstance(value, tuple | list) else [value]:
            if isinstance(item, int) and not isinstance(item, bool):
                gone.add(item % given.dim())
    if step.named.get("keepdim") or any(value is True for value in step.arguments):
        return list(range(given.dim()))
    return [index for index in range(given.dim()) if index not in gone]


def _span(given: Sequence[int], made: Sequence[int], dim: int) -> tuple[int, int] | None:
    """The dimensions [begin, end) of the input that a reshape joined to one; None if it cuts across them."""
    before = prod(made[:dim])
    begin = next((i for i in range(len(given)) if prod(given[:i]) == before), None)
    if begin is None:
        return None
    if given[begin] == made[dim]:
        return begin, begin + 1
    end = next((j for j in range(begin + 1, len(given) + 1) if prod(given[begin:j]) == made[dim]), None)
    return None if end is None else (begin, end)


def _joined(step: Step, tensor: Tensor, dim: int) -> Shape:
    """The sizes that a flatten joined."""
    given = tuple(step.inputs[0].shape)
    span = _span(given, tuple(tensor.shape), dim)
    return () if span is None else given[span[0] : span[1]]
