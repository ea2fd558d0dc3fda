"""What is said of the memory: a few lines beside the findings, and a finding where a step can't fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torchwise.doctor.memory import asked
from torchwise.finding import Finding, Words
from torchwise.rehearsal.memory.advice import MARGIN, Choice, choices, fits, largest
from torchwise.rehearsal.memory.replay import Estimate, measure
from torchwise.rehearsal.memory.tape import Tape
from torchwise.rehearsal.pretend.pretending import CONTEXT
from torchwise.texts import both, note

LEAST_CONTEXT = 256 * 2**20  # that a context takes at least, where it is said for sure that something does not fit
PARTS = {
    "activations": note("activations"), "weights": note("weights"), "gradients": note("gradients"),
    "optimizer": note("optimizer state"), "inputs": note("inputs"), "temporary": note("temporary"),
}  # fmt: skip
PHASES = {"forward": note("forward"), "backward": note("backward"), "step": note("optimizer step")}


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What was found of the memory. facts: the numbers, in bytes. lines: as they are read. group: a finding, or none."""

    facts: dict[str, Any]
    lines: tuple[Words, ...]
    group: tuple[Finding, ...] = ()


def size_text(num_bytes: int) -> str:
    """A number of bytes, its unit beside it also where the line is broken."""
    return asked.size_text(num_bytes).replace(" ", "\u00a0")


def memory_of(tapes: Sequence[Tape], faults: Sequence[str], total: int | None) -> Memory | None:
    """The memory of the step that needs most, and how it would fit a card of `total` bytes; None if none was seen."""
    if not tapes:
        return _not_estimated(faults[0]) if faults else None
    tape = _chosen(tapes)
    if not tape.calls:
        return None
    try:
        found = measure(tape)
    except Exception as error:  # whatever the user's modules raise without numbers
        return _not_estimated(_reason(error))
    lines: list[Words] = list(_what(tape, found))
    facts: dict[str, Any] = {
        "batch": found.batch, "trains": tape.trains, "peak": found.peak, "phases": _phases(found), "parts": found.parts,
        "modules": dict(_largest_modules(found)), "is_estimated": not found.is_sure, "total": total,
    }  # fmt: skip
    group: tuple[Finding, ...] = ()
    if total is not None:
        try:
            most = largest(tape, total)
            ways = [] if fits(found, total) and tape.trains else list(choices(tape, found, total, most))
        except Exception as error:
            lines.append(note("how it would be with another batch can't be told: {reason}", reason=_reason(error)))
        else:
            facts["largest_batch"] = most.batch if most is not None else 0
            facts["choices"] = [{"name": c.name, "peak": c.found.peak, "batch": c.found.batch, "steps": c.steps,
                                 "modules": list(c.modules)} for c in ways]  # fmt: skip
            lines += _fitting(tape, found, most, total, ways)
            if found.peak + LEAST_CONTEXT > total:
                group = (_finding(tape, found, most, total, ways),)
    if not found.is_sure:
        lines.append(note("RNNs are only estimated: cuDNN keeps other tensors than are counted here"))
    return Memory(facts=facts, lines=tuple(lines), group=group)


def _chosen(tapes: Sequence[Tape]) -> Tape:
    """A whole step, not the first one: that which trains, else that with the largest batch."""
    kind = (
        [tape for tape in tapes if tape.trains and tape.calls] or [tape for tape in tapes if tape.calls] or list(tapes)
    )
    size = max(tape.size for tape in kind)
    whole = [tape for tape in kind if tape.size == size]
    return whole[1] if len(whole) > 1 else whole[0]


def _reason(error: Exception) -> Words:
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if any(word in text for word in ("meta tensor", "Meta", "data-dependent", "data dependent", "nonzero")):
        return note("the model needs the numbers in its tensors ({error})", error=text[:120])
    return f"{type(error).__name__}: {text[:120]}"


def _not_estimated(reason: Words) -> Memory:
    return Memory(
        facts={"problem": str(reason)}, lines=(note("memory: could not be estimated: {reason}", reason=reason),)
    )


def _phases(found: Estimate) -> dict[str, int]:
    return {name: found.phases[name] for name in PHASES if name in found.phases}


def _largest_modules(found: Estimate) -> list[tuple[str, int]]:
    held = [(name, size) for name, size in found.modules.items() if name and size]
    return sorted(held, key=lambda item: -item[1])[:3]


def _what(tape: Tape, found: Estimate) -> Iterator[Words]:
    """The peak, its parts and the largest modules."""
    values = {"batch": found.batch, "size": size_text(found.peak)}
    if tape.trains:
        yield note("memory of a training step with a batch of {batch}: {size} at most", **values)
    elif tape.records:
        yield note("memory of running the model with a batch of {batch}, gradients recorded: {size} at most", **values)
    else:
        yield note("memory of running the model with a batch of {batch}: {size} at most", **values)
    phases = _phases(found)
    if len(phases) > 1:
        said = ", ".join(f"{PHASES[name]} {size_text(size)}" for name, size in phases.items())
        yield note("    by phase: {phases}", phases=said)
    parts = ", ".join(f"{PARTS[name]} {size_text(size)}" for name, size in
                      sorted(found.parts.items(), key=lambda item: -item[1]) if size)  # fmt: skip
    yield note("    at the peak: {parts}", parts=parts)
    modules = _largest_modules(found)
    if modules and tape.records:
        said = ", ".join(f"{name} {size_text(size)}" for name, size in modules)
        yield note("    most activations: {modules}", modules=said)


def _fitting(tape: Tape, found: Estimate, most: Estimate | None, total: int, ways: Sequence[Choice]) -> Iterator[Words]:
    """Whether it fits, what would, and what is kept free."""
    values = {"total": size_text(total), "batch": found.batch}
    if fits(found, total):
        yield note("    fits {total}", **values)
    elif found.peak + LEAST_CONTEXT > total:
        yield note("    does not fit {total}", **values)
    else:
        yield note("    fits {total} barely, if at all", **values)
    if most is None:
        yield note("    not even a batch of 2 fits")
    elif most.batch >= 1 << 20:
        yield note("    more than a million samples fit")
    else:
        yield note("    largest batch that fits: {most} ({size})", most=most.batch, size=size_text(most.peak))
    for way in ways:
        yield note("    {way}", way=_way(way, found, total))
    yield note("    kept free: {context} for CUDA's context, {percent}% for workspaces and fragmentation",
               context=size_text(CONTEXT), percent=round(MARGIN * 100))  # fmt: skip


def _way(way: Choice, found: Estimate, total: int) -> Words:
    """Another way, what it needs, what that saves, and whether it fits."""
    values = {"size": size_text(way.found.peak), "saved": size_text(max(0, found.peak - way.found.peak)),
              "fits": note("fits") if fits(way.found, total) else note("does not fit")}  # fmt: skip
    if way.name == "no_grad":
        return note("with torch.no_grad(): {size}, saves {saved}, {fits}", **values)
    if way.name == "accumulation":
        return note("gradients of {steps} batches of {batch} summed up before each step: {size}, saves {saved}, {fits}",
                    steps=way.steps, batch=way.found.batch, **values)  # fmt: skip
    if way.name == "autocast":
        return note("torch.autocast with bfloat16: {size}, saves {saved}, {fits}", **values)
    return note("checkpointing {modules}: {size}, saves {saved}, {fits}", modules=both(way.modules), **values)


def _finding(tape: Tape, found: Estimate, most: Estimate | None, total: int, ways: Sequence[Choice]) -> Finding:
    """TW301: a training step, TW302: running the model with gradients recorded, needs more than there is."""
    values = {"batch": found.batch, "size": size_text(found.peak), "total": size_text(total)}
    smaller = note("a batch of {most}", most=most.batch) if most is not None else note("a smaller model")
    parts = max(found.parts.items(), key=lambda item: item[1])
    why = note("{part} take {size} of it; they were counted by replaying the step without numbers",
               part=PARTS[parts[0]], size=size_text(parts[1]))  # fmt: skip
    fitting = [way for way in ways if fits(way.found, total)]
    if not tape.trains and tape.records and any(way.name == "no_grad" for way in ways):
        saved = next(way for way in ways if way.name == "no_grad")
        what = note("running the model with a batch of {batch} needs {size}, and there are {total}", **values)
        why = note("gradients are recorded though nothing is trained: all activations are kept. Without, {size} are needed",
                   size=size_text(saved.found.peak))  # fmt: skip
        fix: Words = "with torch.no_grad():"
        if not fitting:
            fix = note("{code} and {smaller}", code=fix, smaller=smaller)
        return Finding(code="TW302", what=what, why=why, fix=fix, where=tape.where)
    what = note("a step with a batch of {batch} needs {size}, and there are {total}", **values)
    fix = smaller
    accumulated = next((way for way in fitting if way.name == "accumulation"), None)
    if accumulated is not None:
        fix = note("{smaller}, or sum up the gradients of {steps} batches of {batch} before each step", smaller=smaller,
                   steps=accumulated.steps, batch=accumulated.found.batch)  # fmt: skip
    return Finding(code="TW301", what=what, why=why, fix=fix, where=tape.where)
