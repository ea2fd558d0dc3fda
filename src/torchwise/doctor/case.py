"""A case: all that is known of one failure, gathered once for all rules."""

import ast
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.evaluate import Evaluator, is_plain_tensor
from torchwise.doctor.flow import Flow
from torchwise.doctor.frames import Frame, frames_of
from torchwise.doctor.layers import Layers
from torchwise.doctor.operation import Operand, Operation, operation_of
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Sites, Spot
from torchwise.doctor.values import seen
from torchwise.finding import Finding, Mend, Place, Seen, Words

MOST_SEEN = 6


class Case:
    """One failure: the error, its frames, the operation that failed and the layer it failed in.

    outer: the frames around those of the error's traceback, where that begins further in.
    """

    def __init__(self, error: BaseException, outer: Sequence[Frame] = ()) -> None:
        self.error = error
        self.text = str(error)
        self.frames = [*outer, *frames_of(error.__traceback__)]
        self.user = [frame for frame in self.frames if frame.is_user and frame.source is not None]
        sources: list[Source] = []
        for frame in self.user:
            if frame.source is not None and frame.source not in sources:
                sources.append(frame.source)
        self.flow = Flow(self.frames, Sites(sources))
        self.layers = Layers(self.flow)

    @property
    def frame(self) -> Frame | None:
        """The user's innermost frame: the line that raised, as the user sees it."""
        return self.user[-1] if self.user else None

    @cached_property
    def inner(self) -> list[Frame]:
        """The library's frames below the user's innermost one."""
        if self.frame is None:
            return self.frames
        return self.frames[self.frames.index(self.frame) + 1 :]

    def passed(self, *functions: str) -> Frame | None:
        """The library's frame of one of these functions below the user's line, if the failure came through it."""
        return next((frame for frame in self.inner if frame.function in functions), None)

    @cached_property
    def operation(self) -> Operation | None:
        """What the user's line was computing: its name, and its operands with their values."""
        if self.frame is None:
            return None
        below = self.inner[0] if self.inner else None
        return operation_of(self.frame, below)

    @cached_property
    def torch_operation(self) -> Operation | None:
        """What torch's own Python was computing at the very end: F.linear(input, weight, bias), for a layer."""
        return operation_of(self.frames[-1], None) if self.inner else self.operation

    @cached_property
    def layer_frame(self) -> Frame | None:
        """The innermost frame in the `forward` of one of torch's own layers (a leaf, not a Sequential)."""
        for frame in reversed(self.inner):
            module = frame.locals.get("self")
            if isinstance(module, nn.Module) and frame.function in ("forward", "_conv_forward", "forward_impl"):
                return None if isinstance(module, nn.Sequential) else frame
        return None

    @property
    def layer(self) -> nn.Module | None:
        """That layer."""
        return None if self.layer_frame is None else self.layer_frame.locals["self"]

    @cached_property
    def layer_input(self) -> Any:
        """What that layer was given first."""
        if self.layer_frame is None:
            return None
        names = [name for name in self.layer_frame.arguments() if name != "self"]
        return self.layer_frame.locals.get(names[0]) if names else None

    @cached_property
    def module(self) -> nn.Module | None:
        """The innermost module whose `forward` was under way, torch's or the user's."""
        for frame in reversed(self.frames):
            found = frame.receiver()
            found = frame.locals.get("self") if found is None else found
            if isinstance(found, nn.Module):
                return found
        return None

    @cached_property
    def root(self) -> tuple[str, nn.Module] | None:
        """The name and the module that a reader knows: the variable of the outermost frame that holds the whole."""
        return self._root_of(self.module)

    def _root_of(self, module: nn.Module | None) -> tuple[str, nn.Module] | None:
        if module is None:
            return None
        for frame in self.user:
            own = frame.receiver()
            for name, value in list(frame.locals.items()):
                if isinstance(value, nn.Module) and value is not own and path_in(value, module) is not None:
                    return name, value
            if isinstance(own, nn.Module) and path_in(own, module):
                return "self", own
            for name, value in list(getattr(own, "__dict__", {}).items()):
                if isinstance(value, nn.Module) and path_in(value, module) is not None:
                    return f"self.{name}", value
        return None

    def path_of(self, module: nn.Module | None) -> str:
        """model.head.0: how the program names a module; "" if it can't be told."""
        root = self._root_of(module)
        if root is None or module is None:
            return ""
        inside = (path_in(root[1], module) or "").removeprefix("_orig_mod").removeprefix(".")  # of torch.compile
        return f"{root[0]}.{inside}" if inside else root[0]

    def site_of(self, module: nn.Module) -> Spot | None:
        """The call that built a module."""
        root = self._root_of(module)
        if root is None:
            return self.layers.site(module)
        return self.layers.site(module, path_in(root[1], module) or "", root[1], root[0])

    def spot(self, node: ast.AST, frame: Frame | None = None) -> Spot:
        """An expression of the user's innermost frame (or of another one) as a place to go back from."""
        where = frame or self.frame
        assert where is not None, "there is no frame of the user's"
        return self.flow.spot(where, node)

    def operand_spot(self, value: Any) -> Spot | None:
        """The operand of the user's line that has this very value, as a place to go back from."""
        operation = self.operation
        if operation is None or self.frame is None:
            return None
        found = next((o for o in operation.operands if o.value is value and o.node is not None), None)
        if found is None:
            tensors = [o for o in operation.operands if isinstance(o.value, Tensor) and o.node is not None]
            found = tensors[0] if len(tensors) == 1 and isinstance(value, Tensor) else None
        return self.spot(found.node) if found is not None and found.node is not None else None

    @cached_property
    def where(self) -> Place:
        """The user's line that raised, its expression, and the path of the module."""
        if self.frame is None:
            return Place(file="", line=0)
        return Place(
            file=self.frame.file,
            line=self.frame.line,
            source=self.frame.source.line(self.frame.line) if self.frame.source else "",
            expression=" ".join(self.frame.text.split()),
            module=self.path_of(self.layer or self.module),
        )

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """The layer and the operands of the user's line, as they were."""
        found: list[Seen | None] = []
        if self.layer is not None:
            found.append(seen(self.path_of(self.layer) or type(self.layer).__name__, self.layer))
        for operand in self.operation.operands if self.operation else ():
            if operand.text and not isinstance(operand.node, ast.Constant):
                found.append(seen(operand.text, operand.value))
        if self.layer is not None and isinstance(self.layer_input, Tensor):
            given = seen("input", self.layer_input)
            if given is not None and all(other is None or other.shape != given.shape for other in found):
                found.append(given)
        return tuple(dict.fromkeys(item for item in found if item is not None))[:MOST_SEEN]

    def finding(
        self, code: str, what: Words, *, why: Words = "", fix: Words = "", mend: Mend | Spot | None = None,
        sure: bool = True, seen: tuple[Seen, ...] | None = None,
    ) -> Finding:  # fmt: skip
        """A finding of this case; `mend` may be the spot that is to be changed, where no replacement says how."""
        if isinstance(mend, Spot):
            mend = Mend(file=mend.file, line=mend.line)
        shown = self.seen if seen is None else seen
        return Finding(code=code, what=what, why=why, fix=fix, where=self.where, mend=mend, seen=shown, sure=sure)

    def tensors(self) -> list[Operand]:
        """The operands of the user's line that are tensors."""
        return [o for o in self.operation.operands if isinstance(o.value, Tensor)] if self.operation else []

    def value(self, node: ast.AST, frame: Frame | None = None) -> Any:
        """The value of an expression in the user's innermost frame (or another), if it can be had safely."""
        return Evaluator(frame or self.frame).value(node)


def path_in(root: nn.Module, module: nn.Module) -> str | None:
    """The path of a module in another; "" for itself, None if it is not in it."""
    return next((name for name, found in root.named_modules(remove_duplicate=False) if found is module), None)


def is_tensor(value: Any) -> bool:
    """Whether a value is a plain tensor."""
    return is_plain_tensor(value) or isinstance(value, torch.Tensor)
