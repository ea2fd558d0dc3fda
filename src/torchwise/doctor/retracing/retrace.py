"""The failing call made again on tensors without numbers, up to the failure, to know every shape on the way.

Only torch's own functions and layers are called, on copies on the meta device; code of the user's is interpreted.
"""

import ast
import functools
import types
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.evaluate import OPERATORS, PURE_BUILTINS, Unknown, attribute, is_plain_tensor
from torchwise.doctor.frames import Frame
from torchwise.doctor.retracing.calls import is_torch, plain, recurrent, runs_code
from torchwise.doctor.retracing.entering import entered
from torchwise.doctor.retracing.formulas import by_formula
from torchwise.doctor.retracing.interpret import Interpreter, Nested, Running
from torchwise.doctor.retracing.statements import Reached, run_block
from torchwise.doctor.retracing.steps import Failing, Step, tensors_in
from torchwise.doctor.spots import Spot

FACTORIES = {
    "zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "arange", "linspace", "eye", "tensor",
    "as_tensor", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "randint_like",
    "new_zeros", "new_ones", "new_full", "new_empty", "normal", "bernoulli",
}  # fmt: skip
MOVES = {"to", "cuda", "cpu", "type_as", "pin_memory", "requires_grad_", "detach_", "retain_grad"}
REFUSED = {
    "backward", "save", "load", "compile", "seed", "manual_seed", "numpy", "tolist", "item", "apply_", "map_", "map2_",
    "tofile", "set_", "grad", "register_hook", "share_memory_", "__array__",
}  # fmt: skip
CHANGING = {
    "append", "extend", "insert", "pop", "reverse", "update", "clear", "remove", "setdefault", "popitem", "sort",
}  # fmt: skip
ITERATORS: set[Any] = {zip, enumerate, reversed, sorted, list, tuple, sum}
NUMBERS: set[Any] = {int, float, bool, str, min, max, round}
BUILTINS: set[Any] = ({*PURE_BUILTINS, *ITERATORS, *OPERATORS.values(), getattr}) - {dict}


class Retrace(Interpreter):
    """One run. Afterwards: the `steps` in order, `failed`, who made each tensor, and where those from outside stand."""

    def __init__(self, frames: list[Frame], root: Frame, spot: Spot, failing: Failing) -> None:
        super().__init__(Running(spot, {}, root.frame.f_globals, frame=root, is_live=True))
        self.frames = frames  # the user's
        self.failing = failing
        self.steps: list[Step] = []
        self.failed: Step | None = None
        self.makers: dict[int, Step] = {}
        self.wholes: dict[int, list[Step]] = {}
        self.origins: dict[int, Spot] = {}
        self.within: tuple[nn.Module, ...] = ()
        self.metas: dict[int, Tensor] = {}
        self.alive: list[Any] = []  # what is known by its id must not be freed

    def run(self, node: ast.AST) -> Any:
        """Evaluate an expression of the root frame; None if that ended before its end."""
        with torch.no_grad(), torch.random.fork_rng(devices=[]), suppress(Exception):
            return self.evaluate(node)
        return None

    def enter(self, module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Call a module on what it was given."""
        with torch.no_grad(), torch.random.fork_rng(devices=[]), suppress(Exception):
            self.node = self.running.spot.node
            given = self.metas_in([*arguments]), self.metas_in(named)
            nodes = list(getattr(self.node, "args", []))
            for index, real in enumerate(given[0]):
                if index < len(nodes) and isinstance(real, Tensor):
                    given[0][index] = self._argument(nodes[index], real)
            self._module(module, *given)

    def _argument(self, node: ast.AST, real: Tensor) -> Tensor:
        """An argument made again from its expression, if that has its shape; else the tensor that was there."""
        with suppress(Unknown):
            made = self.evaluate(node)
            if isinstance(made, Tensor) and made.shape == real.shape:
                return made
        self.origins.setdefault(id(real), self.here(node))
        return real

    def adopt(self, value: Any, node: ast.AST) -> Any:
        """Real tensors become tensors without numbers; where they came from is kept."""
        if isinstance(value, Tensor) and id(value) not in self.makers and id(value) not in self.origins:
            value = self.meta(value)
            if id(value) not in self.makers:
                self.origins.setdefault(id(value), self.here(node))
        return value

    def meta(self, value: Tensor) -> Tensor:
        """The tensor of the same shape, strides and dtype that holds no numbers; the same one each time."""
        if not is_plain_tensor(value):
            raise Unknown("a subclass of Tensor")
        if value.device.type == "meta":
            return value
        if id(value) not in self.metas:
            made = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
            self.metas[id(value)] = made
            self.alive += [value, made]
        return self.metas[id(value)]

    def metas_in(self, value: Any) -> Any:
        """The same with every tensor in it without numbers."""
        if isinstance(value, Tensor):
            return self.meta(value)
        if type(value) in (list, tuple):
            return type(value)(self.metas_in(item) for item in value)
        if type(value) is dict:
            return {name: self.metas_in(item) for name, item in value.items()}
        return value

    def here(self, node: ast.AST | None = None) -> Spot:
        """The expression that is being evaluated, or another one of the same call."""
        return replace(self.running.spot, node=node or self.node, path=())

    def _call(self, node: ast.Call) -> Any:
        function, before = self._callee(node.func)
        arguments = [*before, *self._spread(node.args)]
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            named |= {keyword.arg: value} if keyword.arg else dict(value)
        return self.apply(function, arguments, named)

    def _callee(self, node: ast.expr) -> tuple[Any, list[Any]]:
        """What is called, and what is bound to it."""
        if not isinstance(node, ast.Attribute):
            return self.evaluate(node), []
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "super":
            return self._inherited(node.attr)
        base = self.evaluate(node.value)
        if is_plain_tensor(base):
            return getattr(Tensor, node.attr), [base]
        if type(base) in (list, dict):
            if node.attr in CHANGING and not any(base is item for item in self.own):
                raise Unknown("a list that is not of this call")
            return getattr(type(base), node.attr), [base]
        if isinstance(base, str | torch.Size):
            return getattr(base, node.attr), []
        return self._attribute(node), []

    def _inherited(self, name: str) -> tuple[Any, list[Any]]:
        """The method that super() stands for."""
        receiver, code = self.running.spot.receiver, getattr(self.running.function, "__code__", None)
        classes = type(receiver).__mro__
        owns = [any(getattr(value, "__code__", 0) is code for value in vars(cls).values()) for cls in classes]
        for cls in classes[owns.index(True) + 1 :] if True in owns else ():
            if name in vars(cls):
                return vars(cls)[name], [receiver]
        raise Unknown(name)

    def apply(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """What a call gives: layers and functions of torch on meta tensors, code of the user's step by step."""
        if isinstance(function, functools.partial):
            return self.apply(function.func, [*function.args, *arguments], {**function.keywords, **named})
        if isinstance(function, types.MethodType):
            return self.apply(function.__func__, [function.__self__, *arguments], named)
        if isinstance(function, nn.Module):
            return self._module(function, arguments, named)
        if isinstance(function, Nested):
            return self._function(function, arguments, named)
        if isinstance(function, types.BuiltinFunctionType | type) and function in BUILTINS:
            return self._builtin(function, arguments, named)
        if getattr(function, "__objclass__", None) in (list, dict):  # `_callee` has seen whose they are
            return function(*arguments, **named)
        if getattr(function, "__name__", "") == "checkpoint" and arguments:
            return self.apply(arguments[0], arguments[1:], {})
        if isinstance(function, types.FunctionType) and function.__module__.split(".")[0] not in ("torch", "numpy"):
            return self._function(function, arguments, named)
        return self._operate(function, arguments, named)

    def _builtin(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Builtins and operators that change nothing."""
        first = arguments[0] if arguments else None
        if function is getattr and isinstance(first, nn.Module):
            return attribute(first, arguments[1])
        if isinstance(first, Tensor) or (len(arguments) == 2 and isinstance(arguments[1], Tensor)):
            if function in NUMBERS:
                raise Unknown("depends on numbers")
            if function not in (isinstance, type, len):
                return self._operate(function, arguments, named)
        if function is len and isinstance(first, nn.Module):
            return len(self.items(first))
        if function in ITERATORS:
            count = len(arguments) if function is zip else 1
            arguments = [*map(self.items, arguments[:count]), *arguments[count:]]
            if function is sum and tensors_in(arguments):
                return functools.reduce(lambda one, two: self._operate(Tensor.add, [one, two], {}), arguments[0])
        found = function(*arguments, **named)
        return self.keep([*found]) if function in ITERATORS and function is not tuple else found

    def _operate(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """A function of torch, an operator or a method of a tensor, on meta tensors."""
        name = arguments[1] if function is getattr else getattr(function, "__name__", "")
        values = [*arguments, *named.values()]
        if not tensors_in(values) and name not in FACTORIES:
            return plain(function, arguments, named)
        if not is_torch(function) or name in REFUSED or any(map(runs_code, values)):
            raise Unknown(name)
        if name in MOVES:
            dtypes = [item for item in values if isinstance(item, torch.dtype)]
            return self._operate(Tensor.type, [arguments[0], *dtypes], {}) if dtypes else arguments[0]
        named = {key: value for key, value in named.items() if key not in ("out", "device", "pin_memory")}
        arguments, named = self.metas_in(arguments), self.metas_in(named)
        step = Step(name, None, tuple(arguments), named, self.here(), self.within)
        self._reach(step)
        try:
            step.result = by_formula(name, None, arguments, named)
            if step.result is None:
                with torch.device("meta"):
                    step.result = self.metas_in(function(*arguments, **named))
        except Exception as error:
            raise Unknown(name) from error
        return self._done(step)

    def _module(self, module: nn.Module, arguments: list[Any], named: dict[str, Any]) -> Any:
        """A module: torch's leaves are run, containers and modules of the user's are interpreted."""
        arguments, named = self.metas_in(arguments), self.metas_in(named)
        step = Step(type(module).__name__, module, tuple(arguments), named, self.here(), self.within)
        self._reach(step)
        before, self.within = self.within, (*self.within, module)
        try:
            step.result = self._forward(step, module, arguments, named)
        finally:
            self.within = before
        return self._done(step)

    def _forward(self, step: Step, module: nn.Module, arguments: list[Any], named: dict[str, Any]) -> Any:
        inner = module._modules.get("_orig_mod") or (module.module if isinstance(module, nn.DataParallel) else None)
        if inner is not None:
            return self._module(inner, arguments, named)
        forward = type(module).forward
        if forward is nn.Sequential.forward:
            value = arguments[0]
            for child in module._modules.values():
                assert child is not None, "a Sequential holds modules"
                value = self._module(child, [value], {})
            return value
        if not type(module).__module__.startswith("torch."):
            return self._function(forward, [module, *arguments], named)
        if not named and (simple := by_formula("", module, arguments, named)) is not None:
            return simple
        if isinstance(module, nn.RNNBase) and (made := recurrent(module, arguments)) is not None:
            return made
        try:
            state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
            meta = {name: torch.empty_like(value, device="meta") for name, value in state.items()}
            return torch.func.functional_call(module, meta, tuple(arguments), named)
        except Exception as error:
            if any(part is self.failing.layer for part in module.modules()):
                self.failed = step
                raise Reached from error
            raise Unknown(step.name) from error

    def _function(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """A function of the user's (or of a library that is built on torch), by its code."""
        before, node = self.running, self.node
        self.running = entered(self, function, arguments, named)
        try:
            definition = self.running.spot.node
            if isinstance(definition, ast.Lambda):
                return self.evaluate(definition.body)
            assert isinstance(definition, ast.FunctionDef), "no other is entered"
            return run_block(self, definition.body)
        finally:
            self.running, self.node = before, node

    def _reach(self, step: Step) -> None:
        """Stop where the failing step is reached."""
        wanted = self.failing
        if wanted.layer is not None:
            is_it = step.module is wanted.layer and wanted.given in (None, step.given)
        else:
            shapes = tuple(tuple(tensor.shape) for tensor in step.inputs)
            is_it = step.spot.node is wanted.node and wanted.shapes in ((), shapes)
        if is_it:
            self.failed = step
            raise Reached

    def _done(self, step: Step) -> Any:
        """Note who made what."""
        self.steps.append(step)
        for tensor in tensors_in([step.result]):
            self.alive.append(tensor)
            if id(tensor) in self.makers:
                self.wholes.setdefault(id(tensor), []).append(step)
            elif id(tensor) not in self.origins:
                self.makers[id(tensor)] = step
        return step.result
