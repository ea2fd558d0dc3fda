"""Whether the samples of a batch influence each other: two runs of a copy in eval mode, one sample changed between."""

import contextlib
import copy
import io
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from torchwise.rehearsal.watch.mode import base_of, flat, name_of
from torchwise.rehearsal.watch.sites import Site, site_here

MOST_PARAMETERS = 20_000_000
SIZES = (7, 5, 3)  # samples in the probe: a prime number that divides no other size, if possible
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

Ran = tuple[str, Site, Tensor, tuple[int, ...]]  # an operation: name, line, result, the ids of its operands


class Tracer(TorchFunctionMode):
    """Keeps the results of all operations."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[Ran] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """What the operation gives, kept."""
        result = func(*args, **(kwargs or {}))
        name = name_of(func)
        if name and isinstance(_first(result), Tensor):
            operands = tuple(id(item) for item in flat([*args, *(kwargs or {}).values()]) if isinstance(item, Tensor))
            self.ran.append((base_of(name)[0], site_here(), _first(result), operands))
        return result


def mixing_line(module: nn.Module, args: Sequence[Any], output: Any) -> tuple[str, Site] | None:
    """The operation that first lets one sample into the outputs of others; None if there is none that surely does."""
    given, output = args[0] if args else None, _first(output)
    if not isinstance(given, Tensor) or not isinstance(output, Tensor) or given.dim() < 2 or output.dim() < 1:
        return None
    if len(output) != len(given) or sum(item.numel() for item in module.parameters()) > MOST_PARAMETERS:
        return None
    sizes = [size for size in SIZES if size <= len(given) and not any(other % size == 0 for other in given.shape[1:])]
    if not sizes:
        return None
    rows, changed = sizes[0], 1
    with contextlib.suppress(Exception), _undisturbed(), torch.no_grad():  # whatever the model says to fewer samples
        probe = _copy(module)
        cut = [item[:rows] if isinstance(item, Tensor) and len(item) == len(given) else item for item in args]
        one = _run(probe, cut)
        cut[0] = cut[0].clone()
        cut[0][changed] = cut[0][changed].flip(0) if not cut[0].is_floating_point() else cut[0][changed] * 1.7 + 0.9
        return _first_mixing(one, _run(probe, cut), rows, changed)
    return None


def _first(output: Any) -> Any:
    """The first of several outputs."""
    return output[0] if isinstance(output, tuple | list) and output else output


def _copy(module: nn.Module) -> nn.Module:
    probe = copy.deepcopy(module).eval()
    for part in probe.modules():
        for name in HOOKS:
            getattr(part, name).clear()
    return probe


def _run(module: nn.Module, args: Sequence[Any]) -> list[Ran]:
    tracer = Tracer()
    with tracer:
        result = module(*args)
    tracer.ran.append(("output", site_here(), _first(result), ()))
    return tracer.ran


def _first_mixing(one: list[Ran], other: list[Ran], rows: int, changed: int) -> tuple[str, Site] | None:
    """Among two runs: the operation behind which the change is no longer confined to its sample."""
    if len(one) != len(other) or _is_confined(one[-1][2], other[-1][2], rows, changed, only_first=True):
        return None
    torn: set[int] = set()
    for (name, site, before, operands), (_, _, after, _) in zip(one[:-1], other[:-1], strict=True):
        if before.shape != after.shape or _is_confined(before, after, rows, changed):
            continue
        if not torn.intersection(operands):
            return name, site
        torn.add(id(before))
    return None


def _is_confined(before: Tensor, after: Tensor, rows: int, changed: int, *, only_first: bool = False) -> bool:
    """Whether two results differ only in what belongs to one sample, along any dimension that holds the samples."""
    differs = before != after
    if not differs.any():
        return True
    for dim, size in enumerate(differs.shape[:1] if only_first else differs.shape):
        if size % rows:
            continue
        other = [axis for axis in range(differs.dim()) if axis != dim]
        found = set((differs.any(dim=other) if other else differs).nonzero().flatten().tolist())
        each = size // rows
        if found <= set(range(changed * each, changed * each + each)) or found <= set(range(changed, size, rows)):
            return True
    return False


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Random numbers go on as if nothing had been, and nothing is printed."""
    state = random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy is not None else None
    try:
        with torch.random.fork_rng(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        random.setstate(state)
        if numpy is not None:
            numpy.random.set_state(numpy_state)
