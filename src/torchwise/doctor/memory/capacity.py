"""How much memory there is, and the batch that would fit into it."""

import ast
import os
from contextlib import suppress
from pathlib import Path

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.memory.asked import Asked
from torchwise.doctor.memory.holders import Holders, size_of
from torchwise.doctor.past.calls import callee
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.retracing.retrace import Retrace
from torchwise.doctor.retracing.steps import Failing, tensors_in
from torchwise.doctor.shapes import root_frame
from torchwise.doctor.spots import Spot

SAFETY = 0.8  # of what there is: allocators round up, and other things need memory too
CALLING = ("_call_impl", "_wrapped_call_impl")
NOWHERE = Failing(None, None, ast.Pass(), ())  # a retrace with this goes on to its end


def room_for(case: Case, said: Asked, held: int) -> int | None:
    """The bytes that the program may use for activations: what is free, and what its own activations hold now."""
    if said.device != "cpu":
        if said.total is None:
            return None
        return max(0, said.total - said.others - _context(said)) if said.own is None else said.own + (said.free or 0)
    free = [value for value in (_free_by_limit(said.request), _free_in_group(), _free_in_all()) if value is not None]
    return min(free) + held if free else None


def _context(said: Asked) -> int:
    """What the driver takes for itself."""
    return 500 * 2**20 if said.device == "cuda" else 0


def _free_by_limit(request: int | None) -> int | None:
    """What a limit on the address space leaves."""
    try:
        import resource

        soft = resource.getrlimit(resource.RLIMIT_AS)[0]
        if soft in (resource.RLIM_INFINITY, -1):
            return None
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        free = max(0, soft - pages * os.sysconf("SC_PAGE_SIZE"))
        return int(max(free, (request or 0) // 2))  # threads have reserved addresses since; half of what was asked for
    except (ImportError, OSError, ValueError):
        return None


def _free_in_group() -> int | None:
    """What the control group leaves."""
    with suppress(OSError, ValueError):
        root = Path("/sys/fs/cgroup")
        return max(0, int((root / "memory.max").read_text()) - int((root / "memory.current").read_text()))
    return None


def _free_in_all() -> int | None:
    """What the machine has left."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def forward_call(case: Case) -> Spot | None:
    """The outermost call of a module under way; if it failed later, as in backward, the last one of the turn."""
    root = root_frame(case)
    if root is not None and root.node is not None and any(f.function in CALLING for f in case.frames):
        return case.flow.spot(root, root.node)
    for ran in reversed(ran_before(case)):
        node = ran.spot.node
        if isinstance(node, ast.Call) and ran.is_now and ran.spot.frame is not None and node.args:
            module = callee(case.flow, ran.spot)
            if isinstance(module, nn.Module) and any(True for _ in module.parameters()):
                return ran.spot
    return None


def activations(case: Case) -> tuple[int, int] | None:
    """The bytes of all that the forward pass computes, and of its largest part; None if that is not known."""
    spot = forward_call(case)
    if spot is None or spot.frame is None:
        return None
    retrace = Retrace(case.user, spot.frame, spot, NOWHERE)
    retrace.run(spot.node)
    sizes: dict[int, int] = {}
    for step in retrace.steps:
        for tensor in tensors_in([step.result]):
            if not any(tensor is given for given in step.inputs) and tensor._base is None:
                sizes[id(tensor)] = size_of(tensor)
    return (sum(sizes.values()), max(sizes.values())) if sizes else None


def fitting_batch(batch: int, room: int, needed: int, fixed: int = 0) -> int:
    """The largest round batch whose activations fit, if `needed` bytes are those of this batch."""
    if needed <= 0 or batch <= 1:
        return 1
    fits = int(batch * max(0.0, SAFETY * room - fixed) / needed)
    fits = max(1, min(fits, batch // 2))
    power = 1 << (fits.bit_length() - 1)
    return power


def needed_for_training(total: int, largest: int, holders: Holders, *, trains: bool) -> int:
    """The bytes that a step of training needs at its peak, beyond what is held already."""
    if not trains:
        return 2 * largest
    missing = max(0, holders.weights - holders.gradients)
    return total + 2 * largest + missing


def batch_of(given: object) -> int | None:
    """The number of samples in what a layer got."""
    return int(given.shape[0]) if isinstance(given, Tensor) and given.dim() > 0 else None
