"""Which operation of autograd an expression ends with: Sigmoid for torch.sigmoid(x), Addmm for nn.Linear."""

import ast
import itertools
from collections.abc import Iterable

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.inplace import InPlace, base_of
from torchwise.doctor.past.calls import callee, elements
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

LAYERS = {
    "Linear": {"Addmm", "View", "UnsafeView", "Mm", "T"},
    "Conv1d": {"Convolution", "Squeeze"}, "Conv2d": {"Convolution"}, "Conv3d": {"Convolution"},
    "BatchNorm1d": {"NativeBatchNorm", "CudnnBatchNorm"}, "BatchNorm2d": {"NativeBatchNorm", "CudnnBatchNorm"},
    "LayerNorm": {"NativeLayerNorm"}, "GroupNorm": {"NativeGroupNorm"}, "ReLU": {"Relu"}, "ELU": {"Elu"},
    "SiLU": {"Silu"}, "GELU": {"Gelu"}, "LeakyReLU": {"LeakyRelu"}, "Dropout": {"Mul", "NativeDropout"},
    "MaxPool2d": {"MaxPool2DWithIndices"}, "Embedding": {"Embedding"},
}  # fmt: skip
FUNCTIONS = {
    "linear": LAYERS["Linear"], "conv2d": {"Convolution"}, "conv1d": LAYERS["Conv1d"], "bmm": {"Bmm"}, "mm": {"Mm"},
    "matmul": {"Mm", "Bmm", "UnsafeView"}, "reshape": {"View", "UnsafeView", "Reshape"}, "chunk": {"Split"},
    "flatten": {"View", "UnsafeView", "Reshape"}, "split": {"Split"}, "layer_norm": {"NativeLayerNorm"},
    "einsum": {"View", "UnsafeView", "Squeeze"}, "concat": {"Cat"}, "dropout": {"Mul", "NativeDropout"},
    "softmax": {"Softmax"}, "clone": {"Clone"},
}  # fmt: skip
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div", ast.Pow: "Pow", ast.MatMult: "Mm",
}  # fmt: skip


def gives(case: Case, change: InPlace, makers: Iterable[str]) -> int:
    """1 if the changed variable was made by one of these operations, -1 if by another one, 0 if that is not known."""
    wanted = set(makers)
    made = _before_module(case, change.module) if change.module is not None else _of_target(case, change)
    if not made or not wanted:
        return 0
    return 1 if made & wanted else -1


def _of_target(case: Case, change: InPlace) -> set[str]:
    base = base_of(change.target)
    if base is None:
        return set()
    spot = change.spot.at(base, ())
    for step in case.flow.trail(spot)[1:] or [spot]:
        if isinstance(step.node, ast.Call | ast.BinOp | ast.Subscript | ast.Attribute) and (
            found := operations_of(case, step)
        ):  # fmt: skip
            return found
    return set()


def operations_of(case: Case, spot: Spot) -> set[str]:
    """The names that autograd may give the last operation of an expression."""
    node = spot.node
    if isinstance(node, ast.BinOp):
        return {OPERATORS.get(type(node.op), "")} - {""}
    if isinstance(node, ast.Subscript):
        return {"Select", "Slice", "Index", "AsStrided"}
    if not isinstance(node, ast.Call):
        return set()
    value = callee(case.flow, spot)
    if value is None:
        value = next(reversed(elements(case.flow, spot.at(node.func, ()))), None)
    if isinstance(value, nn.Module):
        return _of_module(value)
    name = call_name(node)
    joined = "".join(part[:1].upper() + part[1:] for part in name.rstrip("_").split("_"))
    return FUNCTIONS.get(name, set()) | {joined}


def _of_module(module: nn.Module) -> set[str]:
    """The last operation of a layer; of a Sequential that of its last part."""
    if isinstance(module, nn.Sequential):
        parts = list(module.children())
        return _of_module(parts[-1]) if parts else set()
    if not type(module).__module__.startswith("torch.nn"):
        return set()
    name = type(module).__name__
    return LAYERS.get(name, set()) | {name}


def _before_module(case: Case, module: nn.Module) -> set[str]:
    """The last operation of what stands before a layer in its Sequential."""
    for frame in case.user:
        for value in list(frame.locals.values()) + list(getattr(frame.receiver(), "__dict__", {}).values()):
            for part in value.modules() if isinstance(value, nn.Module) else ():
                children = list(part.children()) if isinstance(part, nn.Sequential) else []
                for before, child in itertools.pairwise(children):
                    if child is module:
                        return _of_module(before)
    return set()
