"""What would fit, found by replaying: the largest batch, and the other ways of doing the same step."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from torchwise.rehearsal.memory.replay import AS_IT_WAS, Estimate, Way, measure
from torchwise.rehearsal.memory.tape import Tape
from torchwise.rehearsal.pretend.pretending import CONTEXT

MARGIN = 0.05  # of the card, for cuDNN's workspaces and for fragmentation; assumed, not measured
MOST_BATCH = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Another way, and the memory it needs. name: accumulation, no_grad, autocast, checkpoint. steps: of accumulation."""

    name: str
    found: Estimate
    steps: int = 1
    modules: tuple[str, ...] = ()


def fits(found: Estimate, total: int) -> bool:
    """Whether it fits with the margin."""
    return found.peak + CONTEXT <= total * (1 - MARGIN)


def largest(tape: Tape, total: int, way: Way = AS_IT_WAS) -> Estimate | None:
    """The largest batch that fits, which was replayed, as was the next larger one; None if not even one sample fits.

    The next batch to replay comes from a straight line through the last two, and stays between what is known to fit
    and what is known not to.
    """
    one = measure(tape, 2, way)  # a batch of one may be refused by a batch norm
    if not fits(one, total):
        return None
    low, high = one, MOST_BATCH + 1
    other = measure(tape, max(4, tape.size), way)
    while high - low.batch > 1:
        if fits(other, total):
            low = other if other.batch > low.batch else low
        else:
            high = min(high, other.batch)
        if high - low.batch <= 1:
            break
        a, b = (one, other) if other.batch != one.batch else (one, low)
        slope = (b.peak - a.peak) / max(1, b.batch - a.batch)
        room = total * (1 - MARGIN) - CONTEXT - b.peak
        guess = int(b.batch + room // slope) if slope > 0 else MOST_BATCH
        guess = guess + 1 if guess == low.batch else guess
        guess = min(max(guess, low.batch + 1), high - 1)
        one, other = other, measure(tape, guess, way)
    return low


def choices(tape: Tape, found: Estimate, total: int, most: Estimate | None) -> Iterator[Choice]:
    """The other ways, each replayed."""
    if tape.records and not tape.trains:
        yield Choice(name="no_grad", found=measure(tape, way=Way(records=False)))
        return
    if not tape.trains:
        return
    if most is not None and 1 < most.batch < tape.size:
        steps = -(-tape.size // most.batch)
        each = measure(tape, -(-tape.size // steps), Way(passes=2))
        if fits(each, total):
            yield Choice(name="accumulation", found=each, steps=steps)
    if not any(deed.autocast for deed in tape.deeds):
        yield Choice(name="autocast", found=measure(tape, way=Way(autocast=torch.bfloat16)))
    if modules := _blocks(tape, found):
        yield Choice(name="checkpoint", found=measure(tape, way=Way(checkpointed=modules)), modules=modules)


def _blocks(tape: Tape, found: Estimate) -> tuple[str, ...]:
    """The three modules with parts that hold the most activations, none inside another, none that is nearly all."""
    held: dict[str, int] = {}
    for name, part in zip(tape.names, tape.parts, strict=True):
        if isinstance(part, torch.nn.Module):
            for path, module in part.named_modules():
                whole = f"{name}.{path}"
                if path and next(module.children(), None) is not None and not isinstance(module, torch.nn.ModuleList):
                    held[whole] = sum(
                        size for inner, size in found.modules.items() if f"{inner}.".startswith(f"{whole}.")
                    )
    total = sum(found.modules.values())
    chosen: list[str] = []
    for path in sorted(held, key=lambda path: -held[path]):
        is_apart = not any(f"{path}.".startswith(f"{o}.") or f"{o}.".startswith(f"{path}.") for o in chosen)
        if is_apart and 0 < held[path] < 0.6 * total and len(chosen) < 3:
            chosen.append(path)
    return tuple(chosen)
