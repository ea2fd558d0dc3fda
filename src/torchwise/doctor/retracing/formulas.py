"""Shapes of the common operations by their formulas: the first computation on the meta device takes torch a second."""

from collections.abc import Callable
from math import floor
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

Shape = tuple[int, ...]
SAME = {
    "relu", "relu_", "sigmoid", "tanh", "softmax", "log_softmax", "gelu", "silu", "elu", "leaky_relu", "leaky_relu_",
    "exp",
    "log", "sqrt", "abs", "clamp", "clip", "sin", "cos", "neg", "square", "dropout", "dropout2d", "hardswish", "mish",
    "softplus", "logsigmoid", "selu", "relu6", "rsqrt", "layer_norm", "batch_norm", "group_norm", "instance_norm",
    "normalize", "__neg__", "log1p", "hardtanh", "celu", "prelu", "round", "sign", "cumsum", "tanh_", "sigmoid_",
    "mul_", "add_", "sub_", "div_", "softmax_", "dropout_", "clamp_", "nan_to_num", "triu", "tril",
}  # fmt: skip
BROADCAST = {
    "add", "__add__", "__radd__", "sub", "__sub__", "__rsub__", "rsub", "mul", "__mul__", "__rmul__", "div",
    "__truediv__", "truediv", "maximum", "minimum", "pow", "__pow__", "where", "masked_fill", "lerp", "iadd", "fmod",
}  # fmt: skip
COMPARED = {"eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or"}
LIKE = {
    "rand_like",
    "randn_like",
    "zeros_like",
    "ones_like",
    "empty_like",
    "full_like",
    "clone",
    "detach",
    "contiguous",
}
RANDOM = {"rand", "randn", "zeros", "ones", "empty"}
REDUCED = {"mean", "sum", "amax", "amin", "std", "var", "logsumexp", "prod"}


def by_formula(name: str, module: nn.Module | None, arguments: list[Any], named: dict[str, Any]) -> Tensor | None:
    """What a common operation gives, as a tensor without numbers; None for any other, or if the shapes don't fit."""
    given = next((item for item in arguments if isinstance(item, Tensor)), None)
    try:
        if module is not None:
            shape = _of_module(module, arguments)
        elif name in RANDOM and given is None:
            sizes = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], tuple | list) else arguments
            return torch.empty(tuple(sizes), dtype=named.get("dtype"), device="meta")
        else:
            shape = _of_function(name, arguments, named)
    except (TypeError, ValueError, RuntimeError, IndexError, ZeroDivisionError, AttributeError, KeyError):
        return None
    if shape is None or any(not isinstance(size, int) or size < 0 for size in shape):
        return None
    return torch.empty(shape, dtype=_dtype(name, module, arguments, given), device="meta")


def _dtype(name: str, module: nn.Module | None, arguments: list[Any], given: Tensor | None) -> torch.dtype:
    if name in COMPARED:
        return torch.bool
    if isinstance(module, nn.Embedding) or (name == "embedding" and len(arguments) > 1):
        return module.weight.dtype if isinstance(module, nn.Embedding) else arguments[1].dtype
    dtypes = [item.dtype for item in arguments if isinstance(item, Tensor)]
    found = dtypes[0] if dtypes else torch.get_default_dtype()
    if module is None:
        for dtype in dtypes[1:]:
            found = torch.promote_types(found, dtype)
    is_float = (
        given is not None and not found.is_floating_point and name in ("div", "truediv", "__truediv__", "sigmoid")
    )
    return torch.get_default_dtype() if is_float else found


def _of_module(module: nn.Module, arguments: list[Any]) -> Shape | None:
    if len(arguments) != 1 or not isinstance(arguments[0], Tensor):
        return None
    shape: Shape = tuple(arguments[0].shape)
    if isinstance(module, nn.Linear):
        return (*shape[:-1], module.out_features) if shape[-1] == module.in_features else None
    if isinstance(module, _ConvNd):
        return _convolved(module, shape)
    if isinstance(module, nn.Embedding):
        return (*shape, module.embedding_dim)
    home = type(module).__module__
    if isinstance(module, nn.MultiheadAttention | nn.GLU | nn.Identity):
        return None
    if isinstance(module, _NormBase | nn.LayerNorm | nn.GroupNorm) or home in (
        "torch.nn.modules.activation", "torch.nn.modules.dropout",
    ):  # fmt: skip
        return shape
    name = type(module).__name__
    if name.startswith(("MaxPool", "AvgPool")) and name.endswith("d") and not getattr(module, "return_indices", False):
        return _pooled(shape, int(name[-2]), vars(module))
    if name.startswith(("AdaptiveAvgPool", "AdaptiveMaxPool")) and not getattr(module, "return_indices", False):
        return _adapted(shape, int(name[-2]), module.output_size)
    if isinstance(module, nn.Upsample):
        return _resized(shape, module.size, module.scale_factor)
    return None


def _convolved(module: _ConvNd, shape: Shape) -> Shape | None:
    spatial = len(module.kernel_size)
    if len(shape) not in (spatial + 1, spatial + 2) or shape[-spatial - 1] != module.in_channels:
        return None
    padding = module.padding
    sizes = []
    for i, size in enumerate(shape[-spatial:]):
        reach = module.dilation[i] * (module.kernel_size[i] - 1)
        if isinstance(module, _ConvTransposeNd):
            assert isinstance(padding, tuple), "a transposed convolution has no padding by name"
            sizes.append((size - 1) * module.stride[i] - 2 * padding[i] + reach + module.output_padding[i] + 1)
        elif isinstance(padding, str):
            sizes.append(size if padding == "same" else (size - reach - 1) // module.stride[i] + 1)
        else:
            sizes.append((size + 2 * padding[i] - reach - 1) // module.stride[i] + 1)
    return (*shape[: -spatial - 1], module.out_channels, *sizes) if min(sizes) > 0 else None


def _pooled(shape: Shape, spatial: int, options: dict[str, Any]) -> Shape | None:
    if len(shape) not in (spatial + 1, spatial + 2):
        return None
    kernel = _each(options["kernel_size"], spatial)
    stride = _each(options.get("stride") or options["kernel_size"], spatial)
    padding, dilation = _each(options.get("padding") or 0, spatial), _each(options.get("dilation") or 1, spatial)
    if options.get("ceil_mode"):
        return None
    sizes = [
        (size + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
        for i, size in enumerate(shape[-spatial:])
    ]
    return (*shape[:-spatial], *sizes) if min(sizes) > 0 else None


def _adapted(shape: Shape, spatial: int, size: Any) -> Shape:
    sizes = size if isinstance(size, tuple | list) else (size,) * spatial
    return (*shape[:-spatial], *(shape[i - spatial] if one is None else int(one) for i, one in enumerate(sizes)))


def _resized(shape: Shape, size: Any, scale: Any) -> Shape:
    spatial = len(shape) - 2
    if size is not None:
        return (*shape[:2], *_each(size, spatial))
    factors = scale if isinstance(scale, tuple | list) else (scale,) * spatial
    return (*shape[:2], *(floor(one * factor) for one, factor in zip(shape[2:], factors, strict=True)))


def _each(value: Any, spatial: int) -> tuple[int, ...]:
    return (value,) * spatial if isinstance(value, int) else tuple(value)


def _of_function(name: str, arguments: list[Any], named: dict[str, Any]) -> Shape | None:
    first = arguments[0]
    rule = FUNCTIONS.get(name)
    if rule is not None:
        return rule(arguments, named)
    if not isinstance(first, Tensor) and name not in BROADCAST | COMPARED:
        return None
    if name in SAME | LIKE and isinstance(first, Tensor) and "dtype" not in named:
        return tuple(first.shape)
    if name in BROADCAST | COMPARED and not named:
        return _broadcast([item.shape for item in arguments if isinstance(item, Tensor)])
    if name in REDUCED and isinstance(first, Tensor):
        return _reduced(first, arguments[1:], named)
    return None


def _broadcast(shapes: list[Any]) -> Shape:
    """The shape that shapes broadcast to. Raises ValueError if they don't."""
    made: list[int] = []
    for index in range(1, max(map(len, shapes)) + 1):
        sizes = {shape[-index] for shape in shapes if len(shape) >= index} - {1}
        if len(sizes) > 1:
            raise ValueError("they don't broadcast")
        made.insert(0, sizes.pop() if sizes else 1)
    return tuple(made)


def _reduced(given: Tensor, rest: list[Any], named: dict[str, Any]) -> Shape | None:
    if len(rest) > 1 or set(named) - {"dim", "keepdim", "axis"}:
        return None
    dims = rest[0] if rest else named.get("dim", named.get("axis"))
    gone = {d % given.dim() for d in ((dims,) if isinstance(dims, int) else dims)} if dims is not None else None
    if gone is None:
        return ()
    if named.get("keepdim"):
        return tuple(1 if i in gone else size for i, size in enumerate(given.shape))
    return tuple(size for i, size in enumerate(given.shape) if i not in gone)


def _joined(arguments: list[Any], named: dict[str, Any]) -> Shape | None:
    tensors = arguments[0]
    dim = named.get("dim", arguments[1] if len(arguments) > 1 else 0) % tensors[0].dim()
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if any(shape[:dim] + shape[dim + 1 :] != shapes[0][:dim] + shapes[0][dim + 1 :] for shape in shapes):
        return None
    return (*shapes[0][:dim], sum(shape[dim] for shape in shapes), *shapes[0][dim + 1 :])


def _stacked(arguments: list[Any], named: dict[str, Any]) -> Shape | None:
    shapes = [tuple(tensor.shape) for tensor in arguments[0]]
    dim = named.get("dim", arguments[1] if len(arguments) > 1 else 0) % (len(shapes[0]) + 1)
    return (*shapes[0][:dim], len(shapes), *shapes[0][dim:]) if len(set(shapes)) == 1 else None


def _multiplied(arguments: list[Any], named: dict[str, Any]) -> Shape | None:
    one, other = tuple(arguments[0].shape), tuple(arguments[1].shape)
    if len(one) < 2 or len(other) < 2 or one[-1] != other[-2]:
        return None
    return (*_broadcast([one[:-2], other[:-2]] if len(one) > 2 or len(other) > 2 else [(), ()]), one[-2], other[-1])


def _pool(spatial: int) -> Callable[[list[Any], dict[str, Any]], Shape | None]:
    def rule(arguments: list[Any], named: dict[str, Any]) -> Shape | None:
        options = dict(zip(("kernel_size", "stride", "padding"), arguments[1:4], strict=False)) | named
        return _pooled(tuple(arguments[0].shape), spatial, options) if len(arguments) < 4 else None

    return rule


def _adapt(spatial: int) -> Callable[[list[Any], dict[str, Any]], Shape | None]:
    return lambda arguments, named: _adapted(tuple(arguments[0].shape), spatial, [*arguments, *named.values()][1])


FUNCTIONS: dict[str, Callable[[list[Any], dict[str, Any]], Shape | None]] = {
    "cat": _joined, "concat": _joined, "stack": _stacked, "matmul": _multiplied, "__matmul__": _multiplied,
    "mm": _multiplied, "bmm": _multiplied,
    "linear": lambda a, n: (*a[0].shape[:-1], a[1].shape[0]) if a[0].shape[-1] == a[1].shape[1] else None,
    "embedding": lambda a, n: (*a[0].shape, a[1].shape[-1]),
    "interpolate": lambda a, n: _resized(
        tuple(a[0].shape), n.get("size", a[1] if len(a) > 1 else None),
        n.get("scale_factor", a[2] if len(a) > 2 else None),
    ),
    **{f"{kind}_pool{d}d": _pool(d) for kind in ("max", "avg") for d in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{d}d": _adapt(d) for kind in ("max", "avg") for d in (1, 2, 3)},
}  # fmt: skip
