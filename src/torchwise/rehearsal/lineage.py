"""From an operation back to those that its result was computed from."""

from collections.abc import Iterator

from torchwise.rehearsal.watch.events import Op

# The same values, in the same or another arrangement.
SAME = {
    "view", "reshape", "squeeze", "unsqueeze", "flatten", "unflatten", "contiguous", "clone", "to", "float", "double",
    "type", "cpu", "cuda", "detach", "data", "view_as", "reshape_as", "type_as", "long", "int", "requires_grad",
    "half", "bfloat16", "alias", "positive", "ravel",
}  # fmt: skip
KEEPS_ROWS = SAME | {
    "linear", "embedding", "dropout", "relu", "gelu", "tanh", "sigmoid", "layer_norm", "add", "mul", "div", "sub",
}  # fmt: skip
REARRANGING = {"view", "reshape", "flatten", "squeeze", "unsqueeze", "unflatten"}
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


def column_born(op: Op) -> Op | None:
    """The operation that gave a batch of targets its last dimension of 1; None where it isn't known."""
    for _ in range(50):
        if op.name == "batch":
            following = op.born
        elif op.name in SAME or op.name in ("stack", "getitem", "index_select"):
            following = next(iter(op.inputs), None)
        else:
            return None if op.name == "given" else op
        if following is None:
            return None
        if shape(following)[-1:] != (1,):
            return op if op.name != "batch" else None
        op = following
    return None


def uses_weights(op: Op) -> bool:
    """Whether a value was computed with a parameter."""
    return any(found.parameter is not None for found in lineage(op))


def shape(op: Op | None) -> tuple[int, ...]:
    """The shape of a result; () for a number too."""
    return op.fact.shape if op is not None and op.fact is not None else ()


def has_grad(op: Op) -> bool:
    """Whether a result requires grad."""
    return op.fact is not None and op.fact.requires_grad


def batch_axis(op: Op) -> tuple[Op, int] | None:
    """The batch of a loader that a value comes from row by row, and the axis of its samples now; None if not sure."""
    is_turned = False
    for _ in range(200):
        if op.name == "batch":
            return op, int(is_turned)
        if (op.name in ("transpose", "swapaxes") and {op.given(1, "dim0"), op.given(2, "dim1")} == {0, 1}) or (
            op.name == "permute" and _dims(op)[:2] == (1, 0)
        ):
            is_turned = not is_turned
        elif (
            op.name not in KEEPS_ROWS
            or not op.inputs
            or (op.name in REARRANGING and shape(op)[:1] != shape(op.inputs[0])[:1])
        ):
            return None
        operands = [item for item in op.inputs if item.parameter is None and len(shape(item)) >= 2]
        if not operands:
            return None
        op = operands[0]
    return None


def _dims(op: Op) -> tuple[object, ...]:
    dims = op.args[1:]
    return dims[0] if len(dims) == 1 and isinstance(dims[0], tuple) else dims
