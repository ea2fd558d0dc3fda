"""What an operation does to one dimension: hands on that of an operand, or sets the size itself."""

import ast
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.called import (
    FACTORIES,
    LINES,
    SIZED,
    VIEWS,
    Looker,
    Passed,
    along_dim,
    is_derived,
    permutation,
    reduced_dims,
    size_argument,
    viewed,
)

REDUCTIONS = {
    "sum", "mean", "std", "var", "max", "min", "argmax", "argmin", "norm", "median", "prod", "any", "all", "logsumexp",
    "amax", "amin", "mode", "nanmean", "nansum", "vector_norm", "std_mean", "var_mean", "nanmedian", "aminmax",
}  # fmt: skip
JOINED = {"cat", "concat", "concatenate", "stack", "hstack", "vstack"}
PARTED = {"chunk", "split", "tensor_split", "split_with_sizes"}
CREATED = {
    "tensor",
    "as_tensor",
    "from_numpy",
    "asarray",
    "array",
    "Parameter",
    "Variable",
    "FloatTensor",
    "LongTensor",
}


def through_layer(layer: nn.Module, before: Any, after: Any, path: Any, dim: int) -> Passed:
    """Through one layer of torch's; `is_end` where it sets the size."""
    name = type(layer).__name__
    if isinstance(layer, nn.Linear | nn.Bilinear) and dim == -1:
        return Passed(None, dim, layer=layer, parameter="out_features")
    if isinstance(layer, nn.modules.conv._ConvNd):
        spatial = len(layer.kernel_size)
        if dim == -spatial - 1:
            return Passed(None, dim, layer=layer, parameter="out_channels")
        if dim < -spatial - 1:
            return Passed(None, dim, is_end=False)
        return _changed_or_not(layer, before, after, dim)
    if isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        if dim == -1:
            return Passed(None, dim, layer=layer, parameter="embedding_dim")
        return Passed(None, dim + 1 if isinstance(layer, nn.Embedding) else dim, is_end=False)
    if isinstance(layer, nn.RNNBase):
        return _recurrent(layer, path, dim)
    if isinstance(layer, nn.RNNCellBase) and dim == -1:
        return Passed(None, dim, layer=layer, parameter="hidden_size")
    if isinstance(layer, nn.MultiheadAttention) and dim == -1:
        return Passed(None, dim, layer=layer, parameter="embed_dim")
    if isinstance(layer, nn.Flatten | nn.Unflatten) or "Pool" in name or name in ("Upsample", "PixelShuffle", "Unfold"):
        if isinstance(layer, nn.Flatten) and isinstance(before, Tensor) and isinstance(after, Tensor):
            source = viewed(tuple(before.shape), tuple(after.shape), dim)
            return Passed(None, source, is_end=False) if source else Passed(None, dim, layer=layer)
        return _changed_or_not(layer, before, after, dim)
    return Passed(None, dim, is_end=False)


def _changed_or_not(layer: nn.Module, before: Any, after: Any, dim: int) -> Passed:
    """A layer that changes sizes: where this one is as before, it was handed on."""
    if isinstance(before, Tensor) and isinstance(after, Tensor) and before.dim() == after.dim() and (
        -dim <= before.dim() and before.shape[dim] == after.shape[dim]
    ):  # fmt: skip
        return Passed(None, dim, is_end=False)
    return Passed(None, dim, layer=layer)


def _recurrent(layer: nn.RNNBase, path: Any, dim: int) -> Passed:
    """Outputs hand on batch and time; states have layers, batch and hidden size."""
    if dim == -1:
        return Passed(None, dim, layer=layer, parameter="hidden_size")
    if path[:1] == (1,):
        if dim == -3:
            return Passed(None, dim, layer=layer, parameter="num_layers")
        return Passed(None, -3 if layer.batch_first else -2, is_end=False)
    return Passed(None, dim, is_end=False)


def parameter_of_weight(layer: nn.Module, name: str, dim: int) -> str:
    """The argument of a layer that one size (from the front) of its weight or bias comes from; "" for another one."""
    if isinstance(layer, nn.Linear):
        return "in_features" if dim == 1 else "out_features"
    if isinstance(layer, nn.Embedding):
        return "embedding_dim" if dim == 1 else "num_embeddings"
    if isinstance(layer, nn.modules.conv._ConvNd):
        return {0: "out_channels", 1: "in_channels"}.get(dim, "")
    return "num_features" if isinstance(layer, nn.modules.batchnorm._BatchNorm) else ""


def through_call(look: Looker, spot: Spot, name: str, operands: list[ast.expr], dim: int, size: int) -> Passed | None:
    """Through a function of torch's or NumPy's; `operands` with the receiver of a method first."""
    node = spot.node
    if name in FACTORIES or name in SIZED or name in LINES:
        return _factory(look, spot, name, dim)
    if name in CREATED:
        inner = operands[0] if operands else None
        is_literal = inner is None or isinstance(inner, ast.List | ast.Tuple | ast.Constant)
        return Passed(None, 0) if is_literal else Passed(spot.at(inner, ()), dim)  # type: ignore[arg-type]
    if not operands:
        return Passed(None, 0)
    first = spot.at(operands[0], ())
    if name in JOINED:
        return _joined(look, spot, name, first, dim, size)
    before, after = look.shape(first), look.shape(spot)
    if name in ("matmul", "mm", "bmm", "mv", "linear"):
        return _product(look, spot, name, operands, dim)
    if name == "einsum":
        return _einsum(look, spot, operands, dim)
    if name == "one_hot":
        classes = (
            operands[1]
            if len(operands) > 1
            else keyword_of(node, "num_classes")
            if isinstance(node, ast.Call)
            else None
        )
        if dim == -1:
            return Passed(None, 0, number=spot.at(classes, ()) if classes is not None else None)
        return Passed(first, dim + 1)
    if name in PARTED or name in ("unbind", "topk", "narrow", "select", "index_select", "gather", "take_along_dim"):
        return _picked(look, spot, name, operands, dim, before)
    if before is None or after is None:
        return Passed(first, dim) if name not in VIEWS else None
    if name in REDUCTIONS:
        return _reduced(look, spot, first, before, after, dim)
    return _arranged(look, spot, name, operands, first, before, after, dim, size)


def _arranged(
    look: Looker, spot: Spot, name: str, operands: list[ast.expr], first: Spot,
    before: tuple[int, ...], after: tuple[int, ...], dim: int, size: int,
) -> Passed | None:  # fmt: skip
    """Views, permutations and what else keeps the values."""
    if name in VIEWS:
        number = size_argument(look, spot, name, operands, dim, after)
        source = viewed(before, after, dim)
        if number is not None and not is_derived(look, number):
            return Passed(None, 0, number=number)
        return Passed(first, source) if source is not None else Passed(None, 0)
    if name in ("permute", "transpose", "t", "swapaxes", "movedim", "swapdims", "T", "moveaxis"):
        order = permutation(look, spot, name, operands, len(before))
        return Passed(first, order[len(after) + dim] - len(before)) if order else None
    if name in ("unsqueeze", "squeeze"):
        source = viewed(before, after, dim)
        return Passed(first, source) if source is not None else Passed(None, 0)
    if name in ("expand", "broadcast_to", "repeat", "tile", "expand_as"):
        given = size_argument(look, spot, name, operands, dim, after)
        if -dim <= len(before) and before[dim] == after[dim]:
            return Passed(first, dim)
        return Passed(None, 0, number=given)
    if len(before) == len(after) and before[dim] == after[dim]:
        return Passed(first, dim)
    others = look.operand_with(spot, operands, dim, size)
    return others or Passed(None, 0)


def _reduced(
    look: Looker, spot: Spot, first: Spot, before: tuple[int, ...], after: tuple[int, ...], dim: int
) -> Passed | None:
    """Through a sum, mean or maximum along dimensions."""
    gone = reduced_dims(look, spot, first)
    if gone is None:
        return None
    if len(after) == len(before):
        return Passed(None, 0) if len(after) + dim in {d % len(before) for d in gone} else Passed(first, dim)
    kept = [d for d in range(len(before)) if d not in {g % len(before) for g in gone}]
    index = len(after) + dim
    return Passed(first, kept[index] - len(before)) if index < len(kept) else None


def _joined(look: Looker, spot: Spot, name: str, first: Spot, dim: int, size: int) -> Passed | None:
    """Through cat or stack: along the dimension they join the size is theirs."""
    after = look.shape(spot)
    along = along_dim(look, spot, name, len(after) if after else 0)
    if after is not None and along is not None and len(after) + dim == along:
        return Passed(None, 0)
    inner = dim
    if name == "stack" and after is not None and along is not None and len(after) + dim < along:
        inner = dim + 1
    if isinstance(first.node, ast.List | ast.Tuple) and first.node.elts:
        return Passed(first.at(first.node.elts[0], ()), inner)
    return Passed(first.at(first.node, (0,)), inner)


def _picked(
    look: Looker, spot: Spot, name: str, operands: list[ast.expr], dim: int, before: tuple[int, ...] | None
) -> Passed | None:
    """Through chunk, split, gather and their like: along their dimension the size is theirs."""
    first = spot.at(operands[0], ())
    node = spot.node
    if before is None or not isinstance(node, ast.Call):
        return None
    place = {"unbind": 1, "topk": 2, "narrow": 1, "select": 1, "index_select": 1, "gather": 1}.get(name, 2)
    given = keyword_of(node, "dim") or (operands[place] if len(operands) > place else None)
    along = look.value(spot.at(given, ())) if given is not None else (-1 if name == "topk" else 0)
    if not isinstance(along, int):
        return None
    along = along % len(before) - len(before)
    if name in ("unbind", "select"):
        return Passed(first, dim if dim > along else dim - 1)
    if name in ("gather", "take_along_dim"):
        index = operands[2 if name == "gather" else 1] if len(operands) > 2 else keyword_of(node, "index")
        return Passed(spot.at(index, ()), dim) if index is not None else None
    if dim != along:
        return Passed(first, dim)
    is_size = name in ("split", "narrow", "topk") and len(operands) > 1 + (name == "narrow") * 2
    return Passed(None, 0, number=spot.at(operands[3 if name == "narrow" else 1], ()) if is_size else None)


def _product(look: Looker, spot: Spot, name: str, operands: list[ast.expr], dim: int) -> Passed | None:
    """Through a matrix product: the last dimension is that of the right one."""
    if len(operands) < 2:
        return None
    left, right = spot.at(operands[0], ()), spot.at(operands[1], ())
    rank = len(look.shape(right) or ())
    if name == "linear":
        return Passed(right, -2) if dim == -1 else Passed(left, dim)
    if rank == 1:
        return Passed(left, dim - 1)
    return Passed(right, dim) if dim == -1 else Passed(left, dim)


def _einsum(look: Looker, spot: Spot, operands: list[ast.expr], dim: int) -> Passed | None:
    """Through einsum: by the letter of the dimension."""
    equation = look.value(spot.at(operands[0], ()))
    if not isinstance(equation, str) or "->" not in equation or "." in equation:
        return None
    inputs, output = equation.replace(" ", "").split("->")
    if -dim > len(output):
        return None
    letter = output[dim]
    for letters, operand in zip(inputs.split(","), operands[1:], strict=False):
        if letter in letters:
            return Passed(spot.at(operand, ()), letters.index(letter) - len(letters))
    return None


def _factory(look: Looker, spot: Spot, name: str, dim: int) -> Passed | None:
    """The number that a factory such as zeros(2, 3) or randn(size) was given for a dimension."""
    node, after = spot.node, look.shape(spot)
    if not isinstance(node, ast.Call):
        return None
    if name in LINES:
        at = 2 if name in ("linspace", "logspace") else 0
        is_size = len(node.args) > at and (at or len(node.args) == 1)
        return Passed(None, 0, number=spot.at(node.args[at], ()) if is_size else None)
    given = keyword_of(node, "size") or keyword_of(node, "shape")
    place = SIZED.get(name, 0)
    sizes = node.args
    if given is None and name in SIZED:
        place = min(place, len(node.args) - 1)
        given = next((a for a in node.args[place:] if isinstance(a, ast.Tuple | ast.List)), None)
        given = given or (node.args[place] if place >= 0 and name != "normal" else None)
    if given is not None:
        sizes = [given]
    if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List | ast.Name):
        made = look.flow.born(spot.at(sizes[0], ()))
        if isinstance(made.node, ast.Tuple | ast.List):
            spot, sizes = made, made.node.elts
    rank = len(after) if after is not None else len(sizes)
    if any(isinstance(item, ast.Starred) for item in sizes) or len(sizes) != rank or -dim > rank:
        return Passed(None, 0)
    return Passed(None, 0, number=spot.at(sizes[rank + dim], ()))
