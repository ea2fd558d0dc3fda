"""From an operation back to those that its result was computed from."""

from collections.abc import Iterator

from torchwise.rehearsal.watch.events import Op

# The same values, in the same or another arrangement.
SAME = {
    "view", "reshape", "squeeze", "unsqueeze", "flatten", "unflatten", "contiguous", "clone", "to", "float", "double",
    "type", "cpu", "cuda", "detach", "data", "view_as", "reshape_as", "type_as", "long", "int", "requires_grad",
    "half", "bfloat16", "alias", "positive", "ravel",
}  # fmt: skip
MOST = 20_000


def lineage(op: Op, *, with_grad: bool = False) -> Iterator[Op]:
    """An operation and all that it was computed from. with_grad: only as far as gradients flow."""
    seen, waiting = {id(op)}, [op]
    while waiting and len(seen) < MOST:
        here = waiting.pop()
        yield here
        for given in () if here.parameter is not None else here.inputs:
            if id(given) not in seen and not (with_grad and not flows(here, given)):
                seen.add(id(given))
                waiting.append(given)


def flows(op: Op, given: Op) -> bool:
    """Whether gradients flow from the result of an operation to one of its operands."""
    if op.fact is None or given.fact is None or op.name in ("detach", "data", "tensor"):
        return False
    return op.fact.requires_grad and given.fact.requires_grad


def origin(op: Op) -> Op:
    """The operation that computed the values: back over what only rearranges or converts them."""
    while op.name in SAME and op.args and isinstance(op.args[0], Op):
        op = op.args[0]
    return op


def uses_weights(op: Op) -> bool:
    """Whether a value was computed with a parameter."""
    return any(found.parameter is not None for found in lineage(op))


def shape(op: Op | None) -> tuple[int, ...]:
    """The shape of a result; () for a number too."""
    return op.fact.shape if op is not None and op.fact is not None else ()


def has_grad(op: Op) -> bool:
    """Whether a result requires grad."""
    return op.fact is not None and op.fact.requires_grad
