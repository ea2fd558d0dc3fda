"""Embeddings: indices of a wrong dtype, indices outside the table."""

import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.tracer import user_spot
from torchwise.doctor.births.words import named
from torchwise.doctor.case import Case
from torchwise.finding import Finding
from torchwise.texts import note


def embedding_gets_no_integers(case: Case) -> Iterator[Finding]:
    """TW405: an embedding or one_hot gets floats, or integers of a dtype that it doesn't take."""
    operation = case.operation
    if operation is None or not re.search(r"scalar type|index tensor|LongTensor|dtype|indices", case.text):
        return
    layer = case.layer
    if isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        value, spot = case.layer_input, user_spot(case, case.layer_input)
        name = case.path_of(layer) or type(layer).__name__
    elif operation.name in ("one_hot", "embedding", "embedding_bag") and operation.operands:
        operand = operation.operands[0]
        value, spot = operand.value, case.spot(operand.node) if operand.node is not None else None
        name = operation.name
    else:
        return
    if not isinstance(value, Tensor) or spot is None or named(value.dtype) == "int64":
        return
    given = named(value.dtype)
    if given == "int32" and operation.name != "one_hot":
        return
    what = note("{name} gets {given} values, it needs indices (int64)", name=name, given=given)
    why = note("an embedding looks up rows by their number: the numbers must be int64, even if the floats are whole")
    yield from cast_findings(case, "TW405", what, why, spot, (given, "int64"), value)


RULES = (embedding_gets_no_integers,)
