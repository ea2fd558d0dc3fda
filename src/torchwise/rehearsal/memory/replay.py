"""A tape replayed without numbers, for a batch of any size: how much memory it needs, and where."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily

from torchwise.rehearsal.memory.counting import Counting
from torchwise.rehearsal.memory.grounding import Grounding
from torchwise.rehearsal.memory.hooks import checkpointed, gradients_told, told
from torchwise.rehearsal.memory.tape import Deed, Kept, Part, Ref, Tape, is_backward, mapped
from torchwise.rehearsal.memory.twins import grown, on_meta, states

SHAPING = {
    "view", "reshape", "expand", "repeat", "zeros", "ones", "full", "empty", "rand", "randn", "randint", "arange",
    "randperm", "new_zeros", "new_ones", "new_full", "new_empty", "unflatten", "tile", "split", "eye",
}  # fmt: skip
MOVING = {"to", "cuda", "cpu", "pin_memory"}


RECURRENT = (nn.RNNBase, nn.RNNCellBase)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """In bytes, without the context of CUDA. phases: the peak of forward, backward and step; parts: what there is at
    the highest one (weights, inputs, activations, gradients, optimizer, temporary); modules: activations by module.

    is_sure: false where the meta device computes otherwise than a GPU (RNNs).
    """

    batch: int
    peak: int
    phase: str
    phases: dict[str, int]
    parts: dict[str, int]
    modules: dict[str, int]
    is_sure: bool


@dataclass(frozen=True, kw_only=True)
class Way:
    """Another way of doing the same step. records: None as it was. passes: micro-batches whose gradients are summed up.

    checkpointed: paths of modules that keep only what they are given.
    """

    records: bool | None = None
    autocast: torch.dtype | None = None
    passes: int = 1
    checkpointed: tuple[str, ...] = ()


AS_IT_WAS = Way()


def measure(tape: Tape, size: int | None = None, way: Way = AS_IT_WAS) -> Estimate:
    """The memory of a step with a batch of `size`, as large as it was by default.

    Raises what the step raises where it needs numbers (`.item()`, boolean masks): there are none.
    """
    has_autocast = way.autocast is not None or any(deed.autocast for deed in tape.deeds)
    with ExitStack() as stack:
        # Only tensors that say they are on the CPU are cast by autocast; FakeTensorMode has such without numbers.
        if has_autocast:
            stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        replay = Replay(tape, size or tape.size, way, "cpu" if has_autocast else "meta")
        stack.enter_context(replay.grounding)
        return replay.run()


class Replay:
    """One replay: fresh twins, the tensors of the deeds so far by their numbers, and the count."""

    def __init__(self, tape: Tape, size: int, way: Way, ground: str) -> None:
        self.tape, self.size, self.way, self.ground = tape, size, way, ground
        self.counting, self.grounding = Counting(), Grounding(ground)
        self.parts, kept = on_meta((tape.parts, tape.kept), device=ground)
        own = {id(tensor) for part in self.parts for tensor in _own(part)}
        self.kept = [tensor if id(tensor) in own or isinstance(tensor, nn.Parameter) else self._grown(tensor)
                     for tensor in kept]  # fmt: skip
        self.earlier = {number: self._grown(tensor) for number, tensor in tape.earlier.items()}
        self.env: dict[int, Any] = {}
        self.inputs: set[int] = set()  # the numbers of what loaders gave
        self.modules: dict[str, int] = {}
        self.is_again = False  # in a second pass what the first has left is there too
        self._count_what_was_there()

    def _grown(self, tensor: Tensor) -> Tensor:
        return grown(tensor, self.tape.size, self.size, self.ground)

    def _count_what_was_there(self) -> None:
        """Weights, gradients and optimizer states; then what else there was before the step."""
        count = self.counting
        for part in self.parts:
            if isinstance(part, nn.Module):
                count.count_all([*part.parameters(), *part.buffers()], "weights")
            else:
                count.count_all(states(part), "optimizer")
        weights = [tensor for part in self.parts for tensor in _own(part)]
        count.count_all((w.grad for w in weights if w.is_leaf and w.grad is not None), "gradients")
        for tensor, is_counted in zip(self.kept, self.tape.counted, strict=True):
            if is_counted:
                count.count(tensor, "weights" if isinstance(tensor, nn.Parameter) else "inputs")

    def run(self) -> Estimate:
        """Replay; once more where the graph of the last pass is still there in the next one."""
        counting = self.counting
        with ExitStack() as stack:
            for name, module in self._named_modules():
                stack.enter_context(told(name, module, counting))
                if name in self.way.checkpointed:
                    stack.enter_context(checkpointed(module))
            stack.enter_context(gradients_told(self._weights(), counting))
            stack.enter_context(counting)
            for number in range(self.way.passes):
                self._pass(is_first=number == 0, is_last=number == self.way.passes - 1)
            was_before = self.tape.earlier and not self.tape.trains
            holds_graph = was_before and any(tensor.grad_fn is not None for tensor in self.earlier.values())
            if holds_graph or not self._has_state():
                self._pass()
        return Estimate(
            batch=self.size, peak=counting.peak, phase=counting.peak_phase, phases=dict(counting.peaks),
            parts=counting.parts, modules=self.modules,
            is_sure=not any(isinstance(part, RECURRENT) for module in self.tape.modules for part in module.modules()),
        )  # fmt: skip

    def _has_state(self) -> bool:
        """Whether the optimizers had stepped before the step that was taped."""
        stepping = {
            deed.part.number
            for deed in self.tape.deeds
            if deed.kind == "optimizer" and deed.func == "step" and deed.part
        }
        return all(self.tape.parts[number].state for number in stepping)

    def _named_modules(self) -> Iterator[tuple[str, nn.Module]]:
        for name, part in zip(self.tape.names, self.parts, strict=True):
            if isinstance(part, nn.Module):
                for path, module in part.named_modules():
                    yield ".".join(filter(None, [name, path])), module

    def _weights(self) -> list[Tensor]:
        found = [tensor for part in self.parts for tensor in _own(part)]
        found += [tensor for tensor in self.kept if tensor.is_leaf]
        return list({id(tensor): tensor for tensor in found if tensor.requires_grad}.values())

    def _pass(self, *, is_first: bool = True, is_last: bool = True) -> None:
        """All deeds once."""
        self.counting.phase = "forward"
        for deed in self.tape.deeds:
            if deed.kind == "optimizer" and not (is_first if deed.func == "zero_grad" else is_last):
                continue
            self._do(deed)
        self.earlier, self.env, self.is_again = self.env, {}, True

    def _do(self, deed: Deed) -> None:
        if deed.kind == "gone":
            (self.earlier if deed.is_earlier else self.env).pop(deed.results[0], None)
            return
        counting = self.counting
        self._set_phase(deed)
        is_recording = deed.grad_enabled if self.way.records is None else self.way.records
        dtype = self.way.autocast or deed.autocast
        is_cast = dtype is not None and not is_backward(deed) and deed.kind != "optimizer"
        counting.is_on = deed.is_counted
        with torch.set_grad_enabled(is_recording), torch.autocast("cpu", dtype) if is_cast else nullcontext():
            self._keep_results(deed, self._result(deed))
        counting.is_on = True
        if deed.kind == "module" and not self.is_again:
            found = counting.by_module()
            self.modules = max(self.modules, found, key=lambda item: sum(item.values()))

    def _set_phase(self, deed: Deed) -> None:
        """What is under way, and what is made now is for."""
        counting = self.counting
        if is_backward(deed):
            counting.phase = "backward"
        elif deed.kind == "optimizer" and deed.func == "step":
            counting.phase = "step"
        elif deed.kind == "module":
            counting.phase = "forward"
        counting.kind = "activations" if counting.phase == "forward" else "temporary"
        if self._moves_inputs(deed):
            counting.kind = "inputs"

    def _moves_inputs(self, deed: Deed) -> bool:
        """Whether a deed gives what a loader gave, moved; if so that counts as what the loader gave."""
        if deed.kind == "batch":
            self.inputs.update(deed.results)
            return True
        given = deed.args[0] if deed.args and isinstance(deed.args, tuple) else None
        is_move = deed.kind == "function" and getattr(deed.func, "__name__", "") in MOVING
        if is_move and isinstance(given, Ref) and given.number in self.inputs:
            self.inputs.update(deed.results)
            return True
        return False

    def _result(self, deed: Deed) -> Any:
        """What a deed gives."""
        if deed.kind == "batch":
            made = [self._grown(tensor) for tensor in deed.args]
            self.counting.count_all(made if deed.is_counted else [], "inputs")
            return made
        if deed.part is not None and deed.kind == "optimizer":
            return self._optimize(deed, self.parts[deed.part.number])
        if deed.part is not None:
            return self.parts[deed.part.number](*self._given(deed.args), **self._given(deed.kwargs))
        try:
            if getattr(deed.func, "__name__", "") in SHAPING and self.size != self.tape.size:
                return self._shaped(deed.func, deed)
            return deed.func(*self._given(deed.args), **self._given(deed.kwargs))
        except (RuntimeError, TypeError):
            if deed.made is None or is_backward(deed):
                raise
            return [self._grown(tensor) for tensor in deed.made]  # it needs numbers, but nothing is learnt through it

    def _optimize(self, deed: Deed, part: Any) -> None:
        if deed.func == "zero_grad":
            part.zero_grad(*self._given(deed.args), **self._given(deed.kwargs))
        elif deed.func == "step":
            with self.grounding.off(), unset_fake_temporarily():  # the count of steps is a number on the CPU
                type(part).step(part)  # a scheduler has put a wrapper around that of the original
            for tensor in states(part):
                self.counting.turn_into(tensor, "optimizer")

    def _shaped(self, func: Callable[..., Any], deed: Deed) -> Any:
        """What a deed gives whose numbers may be those of samples: the first way of reading them that works."""
        before, size = self.tape.size, self.size

        def is_multiple(number: int) -> bool:
            return number > 0 and number % before == 0

        numbers: list[int] = []
        mapped((deed.args, deed.kwargs), lambda item: numbers.append(item) if type(item) is int else None)
        first = next(filter(is_multiple, numbers), None)  # view(samples * tokens, classes)
        readings: tuple[Callable[[int], int], ...] = (
            lambda number: size if number == before else number,
            lambda number: number // before * size if number == first else number,
            lambda number: number,
        )
        fault: Exception | None = None
        for read in readings:
            try:
                return func(*self._given(deed.args, read), **self._given(deed.kwargs, read))
            except RuntimeError as error:
                fault = fault or error
        assert fault is not None
        raise fault

    def _given(self, value: Any, read: Callable[[int], int] | None = None) -> Any:
        """Arguments with the tensors of this replay."""

        def tensor_of(item: Any) -> Any:
            if isinstance(item, Ref):
                return self.env[item.number] if item.number in self.env else self.earlier[item.number]
            if isinstance(item, Kept):
                return self.kept[item.number]
            if isinstance(item, Part):
                return self.parts[item.number]
            return read(item) if read is not None and type(item) is int else item

        return mapped(value, tensor_of)

    def _keep_results(self, deed: Deed, result: Any) -> None:
        """The tensors that a deed gave, under their numbers."""
        found: list[Tensor] = []
        mapped(result, lambda item: found.append(item) if isinstance(item, Tensor) else None)
        given = deed.args[0] if deed.kind == "function" and isinstance(deed.args, tuple) and deed.args else None
        for number, tensor in zip(deed.results, found, strict=False):
            is_copied = getattr(deed.func, "__name__", "") in MOVING and isinstance(given, Ref | Kept)
            if is_copied and tensor is self._given(given) and number != getattr(given, "number", None):
                tensor = tensor.clone()
            if number >= 0:
                self.env[number] = tensor


def _own(part: Any) -> list[Tensor]:
    """The tensors of a module, or of an optimizer."""
    if isinstance(part, nn.Module):
        return [*part.parameters(), *part.buffers()]
    return [*(tensor for group in part.param_groups for tensor in group["params"]), *states(part)]
