"""Names of dtypes: as PyTorch prints them in its errors, as its users write them, and what kind they are."""

import ast
import re
from typing import Any

import torch

FLOATS = {"float16", "bfloat16", "float32", "float64"}
HALVES = {"float16", "bfloat16"}
INTEGERS = {"uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"}
SPOKEN = {
    "double": "float64", "float": "float32", "half": "float16", "long": "int64", "int": "int32", "short": "int16",
    "char": "int8", "byte": "uint8", "cfloat": "complex64", "cdouble": "complex128", "bool_": "bool",
    "float_": "float64", "intp": "int64", "longlong": "int64", "single": "float32", "bool8": "bool", "int_": "int64",
}  # fmt: skip
METHODS = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64", "int": "int32",
    "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool", "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
TYPES = {
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16", "LongTensor": "int64",
    "IntTensor": "int32", "ShortTensor": "int16", "ByteTensor": "uint8", "CharTensor": "int8", "BoolTensor": "bool",
    "BFloat16Tensor": "bfloat16",
}  # fmt: skip
CASTERS = {name: f".{method}()" for method, name in METHODS.items()}
CODES = {"f8": "float64", "f4": "float32", "f2": "float16", "i8": "int64", "i4": "int32", "i2": "int16",
         "u1": "uint8", "i1": "int8", "u2": "uint16", "u4": "uint32", "?": "bool", "b1": "bool", "d": "float64", "f": "float32"}  # fmt: skip


def named(dtype: Any) -> str:
    """float64: of a dtype of torch or NumPy, of a Python type; "" for anything else."""
    if isinstance(dtype, torch.dtype):
        return str(dtype).removeprefix("torch.")
    if isinstance(dtype, type) and dtype in (float, int, bool):
        return {float: "float64", int: "int64", bool: "bool"}[dtype]
    if isinstance(dtype, str):
        return _known(CODES.get(dtype.lstrip("<>=|"), dtype).removeprefix("torch."))
    if type(dtype).__module__.split(".")[0] in ("numpy", "pandas"):
        return str(getattr(dtype, "name", "")).lower().rstrip("_")
    if isinstance(dtype, type) and dtype.__module__ == "numpy":
        return _known(dtype.__name__)
    return ""


def dtype_of_value(value: Any) -> str:
    """float64: of a tensor, an array, a column of a table; "" for what has none."""
    if isinstance(value, torch.Tensor):
        return named(value.dtype)
    home = type(value).__module__.split(".")[0]
    if home not in ("numpy", "pandas"):
        return ""
    if hasattr(value, "dtype"):
        return named(value.dtype)
    kinds = {named(kind) for kind in getattr(value, "dtypes", ())}
    if kinds and kinds <= FLOATS | INTEGERS | {"bool"}:
        return "float64" if len(kinds) > 1 and kinds & FLOATS else kinds.pop() if len(kinds) == 1 else "int64"
    return "object" if kinds else ""


def written(node: ast.AST) -> str:
    """The dtype that an expression names by its spelling: torch.float64, np.float32, "float32", float."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return named(node.value)
    text = ast.unparse(node)
    if text in ("float", "int", "bool"):
        return {"float": "float64", "int": "int64", "bool": "bool"}[text]
    match = re.fullmatch(r"(?:torch|np|numpy|th|tf|jnp)\.(\w+)", text)
    if match is None:
        return ""
    return METHODS.get(match[1], _known(match[1])) if text.startswith(("torch", "th")) else _numpy_name(match[1])


def _numpy_name(word: str) -> str:
    return {"double": "float64", "single": "float32", "half": "float16"}.get(word, _known(word))


def _known(word: str) -> str:
    """The standard name of a dtype; "" for a word that is none."""
    word = SPOKEN.get(word, word)
    return word if word in FLOATS | INTEGERS | {"bool", "complex64", "complex128", "object"} else ""


def torch_name(dtype: str) -> str:
    """torch.long: as most people write it in code."""
    return {"int64": "torch.long"}.get(dtype, f"torch.{dtype}")


def is_float(dtype: str) -> bool:
    """Whether a dtype holds fractions."""
    return dtype in FLOATS
