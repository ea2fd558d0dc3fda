"""The dtype of an expression, live or long gone: by its value if that can be had, else by what its calls give."""

import ast
from typing import Any

from torchwise.doctor.births.words import METHODS, TYPES, dtype_of_value, named, written
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of
from torchwise.doctor.tracing.sizes import Sizes

DEEPEST = 24
RANDOM_FLOATS = {
    "normal", "uniform", "random", "rand", "randn", "standard_normal", "random_sample", "beta", "gamma", "exponential",
    "laplace", "lognormal", "multivariate_normal", "dirichlet", "triangular", "ranf",
}  # fmt: skip
RANDOM_INTEGERS = {"integers", "randint", "poisson", "binomial", "permutation", "geometric"}
NUMPY_FLOATS = {"zeros", "ones", "empty", "linspace", "eye", "identity", "logspace", "loadtxt", "genfromtxt", "hanning"}
TORCH_FLOATS = {
    "zeros", "ones", "empty", "linspace", "eye", "rand", "randn", "logspace", "Tensor", "zeros_", "hann_window",
    "normal",
}  # fmt: skip
INDICES = {"argmax", "argmin", "argsort", "one_hot", "nonzero", "bincount", "randint", "randperm", "searchsorted",
           "multinomial", "count_nonzero", "bucketize", "factorize"}  # fmt: skip
TRUTHS = {"eq", "ne", "lt", "gt", "le", "ge", "isnan", "isin", "isinf", "logical_and", "logical_or", "logical_not",
          "any", "all", "isclose", "isfinite"}  # fmt: skip
SCALERS = {"fit_transform", "transform", "inverse_transform"}  # scikit-learn's
NAMESPACES = ("torch", "F", "nn.functional", "torch.nn.functional", "th")


class Dtypes:
    """Tells the dtypes of expressions."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def of(self, spot: Spot, depth: int = 0) -> str:
        """float64; "" where it can't be told, or the value has none (a Python list, a module)."""
        if depth > DEEPEST:
            return ""
        explicit = self.explicit(spot)
        if explicit is not None:
            return explicit
        node = spot.node
        if not self._loses_dtype(node) and (known := dtype_of_value(self.sizes.value(spot))):
            return known
        if (pandas := self._table(spot)) is not None:
            return dtype_of_value(pandas)
        before = self.sizes.flow.before(spot)
        if before is not None:
            return self.of(before, depth + 1)
        if isinstance(node, ast.Compare):
            return "bool"
        if isinstance(node, ast.BinOp | ast.UnaryOp):
            return self._arithmetic(spot, depth)
        if isinstance(node, ast.Subscript | ast.Attribute):
            return self.of(spot.at(node.value, ()), depth + 1)
        return self._called(spot, depth) if isinstance(node, ast.Call) else ""

    def explicit(self, spot: Spot) -> str | None:
        """The dtype that a call asks for: dtype=, .float(), .to(torch.float64), .astype("float32"), FloatTensor(...)."""
        node = spot.node
        if not isinstance(node, ast.Call) or spot.path:
            return None
        name = call_name(node)
        if (given := keyword_of(node, "dtype")) is not None:
            return self.named(spot.at(given, ())) or None
        if (
            name in METHODS
            and isinstance(node.func, ast.Attribute)
            and not node.args
            and not _is_module(node.func.value)
        ):
            return METHODS[name]
        if name in TYPES:
            return TYPES[name]
        if name in ("to", "astype", "type", "asarray", "array", "as_tensor", "tensor"):
            first = 1 if name in ("asarray", "array") else 0
            for argument in node.args[first:] if name not in ("tensor", "as_tensor") else ():
                if dtype := self.named(spot.at(argument, ())):
                    return dtype
        return None

    def named(self, spot: Spot) -> str:
        """The dtype that an argument stands for."""
        if spelled := written(spot.node):
            return spelled
        value = self.sizes.value(spot)
        if isinstance(value, str) and isinstance(spot.node, ast.Name | ast.Attribute):
            return named(value)
        return "" if isinstance(value, str | int | float) else named(value)

    def _loses_dtype(self, node: ast.AST) -> bool:
        """Whether the value found again may have lost a cast: one in the middle of a chain of calls."""
        return any(isinstance(inner, ast.Call) and call_name(inner) in ("to", "type") for inner in ast.walk(node))

    def _table(self, spot: Spot) -> Any:
        """A column, a part or the values of a live pandas table."""
        node = spot.node
        if (
            isinstance(node, ast.Call)
            and call_name(node) in ("to_numpy", "copy")
            and isinstance(node.func, ast.Attribute)
        ):
            return self._pandas(spot.at(node.func.value, ()))
        if isinstance(node, ast.Attribute) and node.attr in ("values", "iloc", "loc"):
            return self._pandas(spot.at(node.value, ()))
        return self._pandas(spot) if isinstance(node, ast.Subscript) else None

    def _pandas(self, spot: Spot) -> Any:
        value = self.sizes.value(spot)
        if value is not None:
            return value if type(value).__module__.startswith("pandas") else None
        node = spot.node
        before = self.sizes.flow.before(spot)
        if before is not None:
            return self._pandas(before)
        if isinstance(node, ast.Call) and call_name(node) in (
            "drop",
            "dropna",
            "fillna",
            "reset_index",
            "sample",
            "head",
        ):
            return self._pandas(spot.at(node.func.value, ())) if isinstance(node.func, ast.Attribute) else None
        if not isinstance(node, ast.Subscript):
            return None
        base = self._pandas(spot.at(node.value, ()))
        key = self.sizes.value(spot.at(node.slice, ()))
        is_key = isinstance(key, str) or (isinstance(key, list) and all(isinstance(item, str) for item in key))
        return base[key] if base is not None and is_key and hasattr(base, "columns") else base

    def _arithmetic(self, spot: Spot, depth: int) -> str:
        """What arithmetic gives: the larger of the two dtypes; division of integers a float."""
        node = spot.node
        found = [self.of(spot.at(item, ()), depth + 1) for item in operands_of(node)]
        kinds = [kind for kind in found if kind]
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Div)
            and kinds
            and not any("float" in k for k in kinds)
        ):
            return "float64" if self._is_numpy(spot) else "float32"
        order = ["bool", "uint8", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64"]
        return max(kinds, key=order.index) if kinds and all(kind in order for kind in kinds) else ""

    def _is_numpy(self, spot: Spot) -> bool:
        """Whether an expression is one of NumPy's, by the values in it or its spelling."""
        values = [self.sizes.value(spot.at(item, ())) for item in operands_of(spot.node)]
        if any(type(value).__name__ == "Tensor" for value in values):
            return False
        return any(type(value).__module__ == "numpy" for value in values) or "np." in ast.unparse(spot.node)

    def _called(self, spot: Spot, depth: int) -> str:
        """What a call gives whose value could not be found again."""
        node = spot.node
        assert isinstance(node, ast.Call), "asked for calls"
        name = call_name(node)
        is_torch = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in NAMESPACES
        if name in INDICES:
            return "int64"
        if name in TRUTHS:
            return "bool"
        if not is_torch and isinstance(node.func, ast.Attribute) and self._is_generator(spot):
            return "float64" if name in RANDOM_FLOATS else "int64" if name in RANDOM_INTEGERS else ""
        if is_torch and name in TORCH_FLOATS:
            return "float32"
        if name in NUMPY_FLOATS or name in SCALERS:
            return "float64"
        first = next(iter(operands_of(node)), None)
        if isinstance(node.func, ast.Attribute) and _is_module(node.func.value):
            first = node.args[0] if node.args else None
        return self.of(spot.at(first, ()), depth + 1) if first is not None else ""

    def _is_generator(self, spot: Spot) -> bool:
        """Whether a method is one of NumPy's random numbers: np.random.normal, rng.normal, self.rng.normal."""
        assert isinstance(spot.node, ast.Call) and isinstance(spot.node.func, ast.Attribute), "a method is called"
        base = spot.node.func.value
        text = ast.unparse(base)
        if "random" in text or text.split(".")[-1].strip("_") in ("rng", "gen", "generator", "rs", "rnd", "rand"):
            return True
        return type(self.sizes.value(spot.at(base, ()))).__module__.startswith("numpy.random")


def _is_module(node: ast.AST) -> bool:
    """Whether what stands before the point is a library."""
    return ast.unparse(node) in (*NAMESPACES, "np", "numpy", "nn", "pd", "random", "math", "np.random", "torch.linalg")
