"""one_hot is asked for fewer classes than its input has."""

import ast
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import at_node, seen_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding
from torchwise.texts import note


def one_hot_of_fewer_classes(case: Case) -> Iterator[Finding]:
    """TW222: one_hot for fewer classes than there are."""
    operation = case.operation
    if operation is None or operation.name != "one_hot" or not isinstance(operation.node, ast.Call):
        return
    call = operation.node
    index = at_node(case, call.args[0]) if call.args else None
    classes = keyword_of(call, "num_classes") or next(iter(call.args[1:]), None)
    count = sizes_of(case).value(case.spot(classes)) if classes is not None else None
    if index is None or not isinstance(index.value, Tensor) or not isinstance(count, int) or classes is None:
        return
    if index.value.dtype.is_floating_point or not index.value.numel():
        return
    greatest, least = int(index.value.max()), int(index.value.min())
    if least < 0 or greatest < count:
        return
    what = note("one_hot makes {count} classes, {index} has the class {greatest}", count=count, index=index.text,
                greatest=greatest)  # fmt: skip
    why = note("classes are counted from 0, so there must be {needed}", needed=greatest + 1)

    def candidates() -> Iterator[Candidate]:
        yield 1.5, number_change(case, case.spot(classes), greatest + 1, call, everywhere=True), ""
        if least == 1 and greatest == count:
            node = call.args[0]
            yield 1.4, replaced(case.spot(node), node, f"{index.text} - 1", least=call), note("they are counted from 1")

    yield from ranked_findings(case, "TW222", what, why=why, candidates=candidates(), seen=seen_of(index))


RULES = (one_hot_of_fewer_classes,)
