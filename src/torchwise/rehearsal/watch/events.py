"""What can happen in a rehearsal, as data: an operation on tensors, or one of the deeds of a training loop."""

from dataclasses import dataclass, field
from typing import Any

from torchwise.rehearsal.watch.facts import Fact, Norm, Stats
from torchwise.rehearsal.watch.sites import Site

Key = int  # of a module, an optimizer, a parameter or a loader: the record's registries know the rest


@dataclass(eq=False, kw_only=True, slots=True)
class Op:
    """An operation that gave a tensor (or a number, then fact is None), with those that gave its operands.

    name: add, softmax, cross_entropy; "parameter", "batch" or "given" for a tensor that none was seen to give.
    args, kwargs: an Op for each tensor, a tuple for each list, numbers, texts and dtypes as they are, else None.
    at: how many events came before. module: the innermost module that was running. part: which of several results.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict, repr=False)
    fact: Fact | None
    site: Site
    at: int
    module: Key | None = None
    part: int | None = None
    is_in_place: bool = False
    is_reversed: bool = False  # 1 - x: the tensor is the second operand
    grad_enabled: bool = True
    autocast: str | None = None
    stats: Stats | None = None
    parameter: Key | None = None
    batch: Key | None = None  # the index of the event of the batch it came in
    training: bool | None = None  # of the innermost module that was running
    has_wrapped: bool = False  # its small integers ran over
    born: "Op | None" = None  # of a batch's tensor: what collated it, in this process

    @property
    def inputs(self) -> "tuple[Op, ...]":
        """The operations that gave the operands."""
        found: list[Op] = []
        for value in (*self.args, *self.kwargs.values()):
            found += [item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Op)]
        return tuple(found)

    def given(self, position: int, keyword: str, default: Any = None) -> Any:
        """An argument by position or keyword."""
        return self.args[position] if position < len(self.args) else self.kwargs.get(keyword, default)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. at: its index. batch: the index of the last batch that a loader gave before.

    own_s: when, in seconds, without those that the watch took.
    """

    site: Site
    at: int
    batch: int | None = None
    grad_enabled: bool = True
    own_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Batch(Event):
    """A loader gave a batch. turn: which pass over the loader; number: which batch of it."""

    loader: Key
    turn: int
    number: int
    tensors: tuple[Op, ...]
    samples: tuple[int, ...] = ()  # a hash of each sample of the first tensor
    is_last: bool = False


@dataclass(frozen=True, kw_only=True)
class Call(Event):
    """A module was called; depth 0: by the user's own code, not inside another module."""

    module: Key
    depth: int
    training: bool
    inputs: tuple[Op, ...]
    outputs: tuple[Op, ...]
    mixed_by: tuple[str, Site] | None = None  # the first operation that lets one sample into the outputs of others
    norm: Norm | None = None  # of a batch norm, before the call
    began: int = 0  # the number of operations before and after
    ended: int = 0


@dataclass(frozen=True, kw_only=True)
class Loss(Event):
    """One of torch's losses was computed: F.cross_entropy, and so nn.CrossEntropyLoss."""

    op: Op
    name: str
    output: Op
    target: Op | None


@dataclass(frozen=True, kw_only=True)
class Backward(Event):
    """backward, or autograd.grad (is_grad), ran.

    reached: the parameters that the graph leads to. stale: those whose gradient a step has used already and nobody
    has cleared. norms: of the gradients afterwards. kept: how many earlier losses of this line still live with graph.
    """

    roots: tuple[Op, ...]
    value: float | None
    reached: frozenset[Key]
    stale: frozenset[Key] = frozenset()
    norms: dict[Key, float] = field(default_factory=dict)
    kept: int = 0
    is_grad: bool = False
    is_leaf: bool = False  # it begins at a tensor that has no graph


@dataclass(frozen=True, kw_only=True)
class OptimizerMade(Event):
    """An optimizer was built."""

    optimizer: Key
    kind: str
    parameters: tuple[Key, ...]


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """An optimizer stepped. norms: of the gradients it used; stale: the parameters whose gradients were summed up
    with those of the step before. has_moved: whether any weight changed; None if that was not looked at.
    """

    optimizer: Key
    kind: str
    parameters: tuple[Key, ...]
    norms: dict[Key, float]
    stale: frozenset[Key]
    rates: tuple[float, ...]
    has_closure: bool = False
    has_moved: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ZeroGrad(Event):
    """Gradients were cleared, by an optimizer or by a module. dropped: those that no step had used."""

    optimizer: Key | None
    parameters: tuple[Key, ...]
    dropped: frozenset[Key]


@dataclass(frozen=True, kw_only=True)
class Schedule(Event):
    """A scheduler stepped. settings: its numbers (T_max, step_size, ...)."""

    scheduler: Key
    kind: str
    optimizer: Key | None
    before: tuple[float, ...]
    after: tuple[float, ...]
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Clip(Event):
    """Gradients were clipped. has_gradients: whether there were any."""

    name: str
    parameters: tuple[Key, ...]
    has_gradients: bool
    limit: float | None
    before: float | None


@dataclass(frozen=True, kw_only=True)
class Mode(Event):
    """train() or eval() of a module."""

    module: Key
    training: bool


@dataclass(frozen=True, kw_only=True)
class Loaded(Event):
    """load_state_dict of a module. alive: where its own living tensors were taken that are loaded back, and how many
    events came before.
    """

    module: Key
    strict: bool
    num_own: int
    num_given: int
    num_matched: int
    example_own: str = ""
    example_given: str = ""
    alive: tuple[Site, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Scaling(Event):
    """A call of a gradient scaler: scale, unscale_, step or update."""

    name: str
    scaler: Key
    optimizer: Key | None
    is_enabled: bool


@dataclass(frozen=True, kw_only=True)
class Saved(Event):
    """torch.save ran."""

    kind: str
