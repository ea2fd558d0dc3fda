"""All patterns, the families one after another; within a family the special stand before the general."""

from torchwise.doctor.said import (
    Said,
    autograd,
    calls,
    data,
    devices,
    dtypes,
    dtypes_elsewhere,
    environment,
    indexing,
    loading,
    losses,
    memory,
    modules,
    procedure,
    sequences,
    shapes,
    sizes,
)

# What may be meant by one text in several families stands where it is likelier: a missing device before a dtype
# (both read "Input type (...) and weight type (...)"), a loss before a shape, data before what the machine adds.
SAID: tuple[Said, ...] = (
    *procedure.SAID,
    *modules.SAID,
    *calls.SAID,
    *devices.SAID,
    *losses.SAID,
    *dtypes.SAID,
    *dtypes_elsewhere.SAID,
    *shapes.SAID,
    *sequences.SAID,
    *sizes.SAID,
    *indexing.SAID,
    *autograd.SAID,
    *loading.SAID,
    *memory.SAID,
    *data.SAID,
    *environment.SAID,
)
