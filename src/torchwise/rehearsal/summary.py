"""What a model is made of: each module's output, parameters, operations and activations, without computing a number."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from torchwise.rehearsal.memory.estimate import Step, estimate
from torchwise.rehearsal.memory.twins import on_meta, resized


@dataclass(frozen=True, kw_only=True)
class Row:
    """One module. parameters: its own and its parts'; flops: of one forward pass; activations: bytes made in it itself."""

    name: str
    kind: str
    shape: tuple[int, ...] | None
    dtype: str
    parameters: int
    flops: int
    activations: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The modules in the order of their first call, and the totals."""

    rows: tuple[Row, ...]
    trainable: int
    frozen: int
    flops: int


def summarize(model: nn.Module, inputs: Any, size: int) -> Summary:
    """The table of a model for a batch of `size` samples shaped like `inputs`."""
    (twin,) = on_meta((model,))
    outputs: dict[str, Tensor | None] = {}
    names = {module: name for name, module in twin.named_modules()}

    def note_output(module: nn.Module, _: Any, output: Any) -> None:
        outputs.setdefault(names[module], output if isinstance(output, Tensor) else None)

    handles = [module.register_forward_hook(note_output) for module in twin.modules()]
    counter = FlopCounterMode(display=False)
    batch = resized(inputs, size)
    with counter:
        twin(*batch) if isinstance(batch, list | tuple) else twin(batch)
    for handle in handles:
        handle.remove()
    counts = {path: sum(found.values()) for path, found in counter.get_flop_counts().items()}
    root = type(twin).__name__
    bytes_of = estimate(Step(model=model), (inputs, None), size).modules
    modules = dict(twin.named_modules())
    rows = tuple(
        Row(
            name=name, kind=type(modules[name]).__name__,
            shape=None if output is None else tuple(output.shape),
            dtype="" if output is None else str(output.dtype).removeprefix("torch."),
            parameters=sum(p.numel() for p in modules[name].parameters()),
            flops=int(counts.get(f"{root}.{name}" if name else root, 0)), activations=bytes_of.get(name, 0),
        )
        for name, output in outputs.items()
    )  # fmt: skip
    own = list(model.parameters())
    return Summary(
        rows=rows, trainable=sum(p.numel() for p in own if p.requires_grad),
        frozen=sum(p.numel() for p in own if not p.requires_grad), flops=int(counter.get_total_flops()),
    )  # fmt: skip


def epoch_seconds(step_seconds: list[float], steps: int) -> float:
    """The time of an epoch of `steps` steps by the median of those observed; the first one, which warms up, left out."""
    observed = sorted(step_seconds[1:] or step_seconds)
    return observed[len(observed) // 2] * steps
