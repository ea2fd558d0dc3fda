"""The graph of a tensor after a failed backward: its operations in order, and what became of what they kept."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame

MOST = 20_000  # operations: more would take too long
LEAF = 1 << 63  # leaves have the greatest sequence number of all
Fate = Literal["kept", "freed", "changed"]
HOOKED = re.compile(  # what these keep is made again by the user's code when it is looked at
    r"utils\.checkpoint|utils import checkpoint|checkpoint_sequential|gradient_checkpointing|saved_tensors_hooks"
    r"|save_on_cpu"
)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of the graph: its name without `Backward0`, its number in the order, its results' shapes.

    saved: what became of each tensor it kept for backward.
    """

    function: Any
    name: str
    number: int
    shapes: tuple[tuple[int, ...], ...]
    saved: dict[str, Fate]
    inputs: tuple[Any, ...]

    @property
    def leaf(self) -> Tensor | None:
        """The tensor whose gradient ends here, if this is the end of a way."""
        found = getattr(self.function, "variable", None)
        return found if isinstance(found, Tensor) else None

    @property
    def is_changed(self) -> bool:
        """Whether something it kept was changed in place."""
        return "changed" in self.saved.values()

    @property
    def is_freed(self) -> bool:
        """Whether what it kept was freed by a backward."""
        return "freed" in self.saved.values()


@dataclass(frozen=True, eq=False)
class Graph:
    """All operations that some tensors come from."""

    operations: dict[Any, Operation] = field(default_factory=dict)

    def __contains__(self, tensor: object) -> bool:
        """Whether a tensor was made by an operation of the graph."""
        return isinstance(tensor, Tensor) and tensor.grad_fn is not None and tensor.grad_fn in self.operations

    def __iter__(self) -> Iterator[Operation]:
        """The operations, the last recorded first."""
        return iter(sorted(self.operations.values(), key=lambda o: o.number if o.number < LEAF else -1, reverse=True))

    def leaves(self) -> list[Tensor]:
        """The tensors whose gradients are computed."""
        return [leaf for operation in self.operations.values() if (leaf := operation.leaf) is not None]

    def changed(self) -> list[Operation]:
        """The operations of which something kept was changed, the last recorded first: that is the one that failed."""
        return [operation for operation in self if operation.is_changed]

    def consumers(self, function: Any) -> list[Operation]:
        """The operations that took a result of one."""
        return [operation for operation in self if function in operation.inputs]

    def shares(self, other: "Graph") -> bool:
        """Whether two graphs have operations in common, leaves aside."""
        return any(f in self.operations and o.leaf is None for f, o in other.operations.items())


def graph_of(tensors: Iterable[Tensor], *, unpack: bool = True) -> Graph:
    """The graph of some tensors. unpack: look at what became of the tensors that were kept."""
    graph = Graph()
    waiting: list[Any] = [tensor.grad_fn for tensor in tensors]
    while waiting and len(graph.operations) < MOST:
        function = waiting.pop()
        if function is None or function in graph.operations:
            continue
        inputs = tuple(item for item, _ in function.next_functions)
        graph.operations[function] = Operation(
            function, plain_name(function.name()), _number(function), _shapes(function),
            _saved(function) if unpack else {}, inputs,
        )  # fmt: skip
        waiting += inputs
    return graph


def failed_graph(case: Case) -> Graph:
    """The graph of what backward was called on in a case."""
    return graph_of(roots(case), unpack=not is_hooked(case))


def roots(case: Case) -> list[Tensor]:
    """The tensors that backward or grad was called on: as torch's own frame holds them, else the user's operands."""
    frame = autograd_frame(case)
    if frame is not None:
        given = frame.locals.get("tensors", frame.locals.get("outputs"))
        given = given if isinstance(given, list | tuple) else [given]
        if found := [item for item in given if isinstance(item, Tensor)]:
            return found
    return [operand.value for operand in case.tensors()[:1]]


def autograd_frame(case: Case) -> Frame | None:
    """The frame of torch's `backward` or `grad`, if the failure came through one."""
    for frame in case.inner:
        if frame.function in ("backward", "grad") and frame.file.replace("\\", "/").endswith("autograd/__init__.py"):
            return frame
    return None


def plain_name(name: str) -> str:
    """Sigmoid for SigmoidBackward0 and for torch::autograd::SigmoidBackward."""
    return re.sub(r"(Backward\w*?)\d*$", "", name.rpartition("::")[2])


def is_hooked(case: Case) -> bool:
    """Whether the program keeps activations in a way that would run its code when they are looked at."""
    return any(HOOKED.search("".join(source.lines)) for source in case.flow.sites.sources)


def _number(function: Any) -> int:
    number = getattr(function, "_sequence_nr", None)
    return int(number()) if number is not None else LEAF


def _shapes(function: Any) -> tuple[tuple[int, ...], ...]:
    """The shapes of what an operation gave."""
    try:
        return tuple(tuple(int(size) for size in item.shape) for item in getattr(function, "_input_metadata", ()))
    except (RuntimeError, TypeError):  # nested tensors have no plain shape
        return ()


_names: dict[str, tuple[str, ...]] = {}


def _saved_names(function: Any) -> tuple[str, ...]:
    """The attributes under which an operation shows what it kept; the same for all of its kind."""
    kind = type(function).__name__
    if kind not in _names:
        _names[kind] = tuple(name for name in dir(type(function)) if name.startswith("_saved_"))
    return _names[kind]


def _saved(function: Any) -> dict[str, Fate]:
    """What became of the tensors that an operation kept; only those that are or were tensors."""
    found: dict[str, Fate] = {}
    names = _saved_names(function) or (("saved_tensors",) if hasattr(type(function), "saved_tensors") else ())
    for name in names:
        try:
            value = getattr(function, name)
        except RuntimeError as error:
            found[name] = "changed" if "modified by an inplace" in str(error) else "freed"
        else:
            if isinstance(value, Tensor) or (name == "saved_tensors" and value):
                found[name] = "kept"
    return found
