"""A tuple, a list or a dictionary is passed on as if it were a tensor; the number that enumerate puts before a batch."""

import ast
from collections.abc import Iterator
from numbers import Real
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.changes import (
    at_line,
    first_taken,
    is_bare_tuple,
    name_of_file,
    part_taken,
    without_comma,
)
from torchwise.doctor.objects.containers import holds_modules
from torchwise.doctor.objects.definitions import definition_of, returns
from torchwise.doctor.objects.handed import OF_TENSORS, UNKNOWN, Handed, handed
from torchwise.doctor.objects.loading import is_collating, loop_behind
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

STATEFUL = (nn.RNNBase, nn.RNNCellBase)
GIVES = {"LSTM": "(output, (h, c))", "GRU": "(output, h)", "RNN": "(output, h)", "LSTMCell": "(h, c)",
         "MultiheadAttention": "(output, weights)"}  # fmt: skip
PAIRS = {"max", "min", "sort", "topk", "median", "mode", "kthvalue", "cummax", "cummin"}
PIECES = {"chunk", "split", "unbind", "tensor_split", "meshgrid", "where", "nonzero", "broadcast_tensors", "hsplit",
          "vsplit"}  # fmt: skip
LONGEST = 50  # characters of code that are written into a fix
KINDS = {"tuple", "list", "dict", "OrderedDict", "PackedSequence", "ModelOutput"}


def tuple_is_passed_on(case: Case) -> Iterator[Finding]:
    """TW016: what a module or a function gave in several parts is passed on as a whole."""
    given = handed(case)
    if given is None or is_collating(case) or not _is_in_parts(given):
        return
    if given.attribute and holds_modules(getattr(case.error, "obj", None)) and not _is_bare(case, given):
        return
    if given.attribute and given.attribute not in OF_TENSORS | {"parameters", "zero_grad", "step", "weight", "eval"}:
        return
    if given.producer is not None:
        yield from _of_a_part(case, given, given.producer)
    elif given.spot is not None and not _is_whole_batch(case, given.spot):
        yield from _of_an_expression(case, given, given.spot)


def _is_bare(case: Case, given: Handed) -> bool:
    """Whether the value is a tuple by a comma."""
    return given.spot is not None and is_bare_tuple(case.flow.born(given.spot))


def _is_whole_batch(case: Case, spot: Spot) -> bool:
    """Whether a value is a batch as the loader gave it, which is another fault."""
    loop = loop_behind(case.flow, spot)
    return loop is not None and not (loop.path[1:] if loop.is_numbered else loop.path)


def _is_in_parts(given: Handed) -> bool:
    if given.value is not UNKNOWN:
        return isinstance(given.value, tuple | list | dict) or given.kind in KINDS
    return given.kind in KINDS | PAIRS


def _what(given: Handed, code: str) -> Words:
    kind = given.kind if given.kind in KINDS else "tuple"
    if given.attribute:
        return note("{code} is a {kind}, not a tensor: it has no .{attribute}", code=_brief(code), kind=kind,
                    attribute=given.attribute)  # fmt: skip
    return note("{consumer} gets a {kind} instead of a tensor: {code}", consumer=given.consumer, kind=kind,
                code=_brief(code))  # fmt: skip


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 60 else code[:57] + "..."


def gives(module: nn.Module) -> str:
    """What one of torch's modules returns, where that is a tuple."""
    return GIVES.get(type(module).__name__, "") or ("(output, h)" if isinstance(module, STATEFUL) else "")


def _of_a_part(case: Case, given: Handed, module: nn.Module) -> Iterator[Finding]:
    """In a Sequential each part hands all that it gives to the next one."""
    name = case.path_of(module) or type(module).__name__
    if form := gives(module):
        site = case.site_of(module)
        why = note("{kind} gives {form}, and Sequential hands the whole tuple on",
                   kind=type(module).__name__, form=form)  # fmt: skip
        fix = note(
            "call {layer} outside of the Sequential: output, _ = {layer}(x)", layer=type(module).__name__.lower()
        )
        yield case.finding("TW016", _what(given, name), why=why, fix=fix, mend=site)
        return
    definition = definition_of(module)
    found = [node for node in returns(definition.scope) if node.value is not None] if definition is not None else []
    if definition is not None and found:
        yield from _tuple_returned(case, given, definition.spot(found[-1].value), None)  # type: ignore[arg-type]


def _of_an_expression(case: Case, given: Handed, spot: Spot) -> Iterator[Finding]:
    trail = case.flow.trail(spot)
    made = trail[-1]
    if is_bare_tuple(made):
        yield _comma(case, given, made)
        return
    if isinstance(made.node, ast.Call):
        module = made.at(made.node.func, ()).value()
        module = case.flow.held(made.at(made.node.func, ())) if module is None else module
        if isinstance(module, nn.Module) and gives(module):
            yield _of_layer(case, given, made, module)
            return
        if call_name(made.node) in PAIRS | PIECES or _is_of_torch(case, made):
            yield _of_function(case, given, made)
            return
    if isinstance(made.node, ast.Tuple | ast.Dict) or call_name(made.node)[:1].isupper():
        received = _receiver(trail)
        if received is not None:
            yield from _tuple_returned(case, given, made, received)
            return
    yield from _collected(case, given, spot, trail)


def _receiver(trail: list[Spot]) -> Spot | None:
    """The last call before the return that made the tuple: who calls, and takes it for a tensor."""
    calls = [step for step in trail[:-1] if isinstance(step.node, ast.Call)]
    return calls[-1] if calls else None


def _comma(case: Case, given: Handed, made: Spot) -> Finding:
    assert isinstance(made.node, ast.Tuple), "only tuples have commas"
    change = without_comma(made, made.node)
    what = _what(given, given.spot.text if given.spot is not None else made.text)
    why = note("the comma behind {code} makes a tuple of one element", code=_brief(made.source.text(made.node.elts[0])))
    is_module = isinstance(given.value, tuple) and any(isinstance(item, nn.Module) for item in given.value)
    return case.finding("TW002" if is_module else "TW016", what, why=why, fix=change.text, mend=change.mend)


def _of_layer(case: Case, given: Handed, made: Spot, module: nn.Module) -> Finding:
    """An RNN or an attention layer gives its output and more."""
    kind = type(module).__name__
    change = first_taken(made)
    why = note("{kind} gives {form}", kind=kind, form=gives(module))
    if made.path:  # already one part of it, which is a tuple too: the state (h, c) of an LSTM
        why = note("the state of {kind} is a tuple (h, c)", kind=kind)
        change = at_line(made, note("take one of the two, such as h[-1]"))
    code = given.spot.text if given.spot is not None else made.text
    return case.finding("TW016", _what(given, code), why=why, fix=change.text, mend=change.mend)


def _of_function(case: Case, given: Handed, made: Spot) -> Finding:
    """Max along a dimension gives values and indices; chunk and split give pieces."""
    name = call_name(made.node)
    if name in PAIRS:
        change = part_taken(made, ".values")
        why = note("{name} along a dimension gives (values, indices)", name=name)
    elif name in PIECES:
        change = part_taken(made, "[0]")
        why = note("{name} gives a tuple of tensors", name=name)
    else:
        count = len(given.value) if isinstance(given.value, tuple) else 2
        change = first_taken(made, count - 1)
        why = note("{name} gives {count} values, as a tuple", name=name, count=count)
    code = given.spot.text if given.spot is not None else made.text
    return case.finding("TW016", _what(given, code), why=why, fix=change.text, mend=change.mend)


def _is_of_torch(case: Case, made: Spot) -> bool:
    """Whether a call is one of a function of torch's."""
    function = case.flow.held(made.at(made.node.func, ())) if isinstance(made.node, ast.Call) else None
    return str(getattr(function, "__module__", "")).startswith("torch") and not isinstance(function, nn.Module | type)


def _tuple_returned(case: Case, given: Handed, made: Spot, received: Spot | None) -> Iterator[Finding]:
    """A function of the user's returns several things; its caller takes them for one tensor."""
    node = made.node
    if isinstance(node, ast.Tuple) and len(node.elts) == 1:
        yield _comma(case, given, made)
        return
    parts = [made.source.text(item) for item in node.elts] if isinstance(node, ast.Tuple) else []
    code = given.spot.text if given.spot is not None else made.text
    form = f"({', '.join(parts)})" if parts else _brief(made.text)
    why = note("{function} returns {form}, at {place}", function=_function(made), form=_brief(form),
               place=name_of_file(made))  # fmt: skip
    if received is None:  # within a Sequential nobody can take it apart
        first = parts[0] if parts else made.text
        fix = note("return {first}", first=first)
        yield case.finding("TW016", _what(given, code), why=why, fix=fix, mend=replaced(made, node, first).mend)
        return
    if isinstance(node, ast.Dict) and (key := _main_key(node)):
        change: Change = part_taken(received, f'["{key}"]')
    else:
        change = first_taken(received, max(1, len(parts) - 1))
    yield case.finding("TW016", _what(given, code), why=why, fix=change.text, mend=change.mend)


def _main_key(node: ast.Dict) -> str:
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    best = [key for key in keys if key in ("out", "logits", "output", "pred", "prediction", "x")]
    return next(iter([*best, *keys]), "")


def _function(made: Spot) -> str:
    scope = made.source.scope_of(made.node)
    owner = made.source.class_of(scope)
    name = getattr(scope, "name", "lambda")
    return f"{owner.name}.{name}" if owner is not None else name


def _collected(case: Case, given: Handed, spot: Spot, trail: list[Spot]) -> Iterator[Finding]:
    """A list or tuple of tensors, to be stacked or joined; one of numbers, to be made a tensor; one of words."""
    made, function = trail[-1], _made_by(given.value)
    place = _leaves(trail) or spot
    if _is_text(given.value):
        why = note("a tensor holds no text: each name needs its number")
        fix: Words = note("a number for each name: {example}", example="{'cat': 0, 'dog': 1}[name]")
        yield case.finding("TW016", _what(given, spot.text), why=why, fix=fix, mend=_leaves(trail) or made)
        return
    if not function and not isinstance(made.node, ast.List | ast.ListComp | ast.Tuple):
        if case.inner:
            yield case.finding("TW016", _what(given, spot.text), mend=made, sure=False,
                               fix=note("pass on the part of it that is the tensor"))  # fmt: skip
        return
    function = function or "torch.stack"
    text = " ".join(place.text.split())
    change = replaced(place, place.node, f"{function}({text})")
    if len(text) >= LONGEST:
        change = at_line(place, note("{function} of it", function=function))
    why = note("a {kind} of tensors is no tensor: torch.stack or torch.cat makes one of it", kind=given.kind)
    if function == "torch.tensor":
        why = note("a {kind} of numbers is no tensor: torch.tensor makes one of it", kind=given.kind)
    yield case.finding("TW016", _what(given, spot.text), why=why, fix=change.text, mend=change.mend)


def _is_text(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, str) for item in value)


def _made_by(value: Any) -> str:
    """The function that makes a tensor of a list or tuple; "" if none does."""
    if not isinstance(value, list | tuple) or not value:
        return ""
    if all(isinstance(item, Tensor) for item in value):
        return "torch.stack"
    rows = value if all(isinstance(item, list | tuple) for item in value) else [value]
    is_even = len({len(row) for row in rows}) == 1
    is_of_numbers = is_even and all(isinstance(item, Real) for row in rows for item in row)
    return "torch.tensor" if is_of_numbers else ""


def _leaves(trail: list[Spot]) -> Spot | None:
    """Where the list left the function that made it, alone or with others."""
    for step in reversed(trail):
        parent = step.source.parents.get(step.node)
        if isinstance(parent, ast.Tuple | ast.Dict):
            parent = step.source.parents.get(parent)
        if isinstance(parent, ast.Return):
            return step
    return None


def number_of_enumerate(case: Case) -> Iterator[Finding]:
    """TW016: `for batch in enumerate(loader)` gives pairs (number, batch)."""
    given = handed(case)
    if given is None or given.spot is None or given.kind not in ("int", "tuple", "list"):
        return
    for step in case.flow.trail(given.spot):
        if not isinstance(step.node, ast.Name):
            continue
        found = binding_of(step.source, step.node.id, step.node)
        if found is None or found[0].kind != "element" or found[0].path or step.path[:1] == (1,):
            continue
        iterable, loop = found[0].node, found[0].statement
        if call_name(iterable) != "enumerate" or not isinstance(loop, ast.For):
            continue
        target = step.source.text(loop.target)
        kind = note("the number, an int") if given.kind == "int" else note("the pair, a tuple")
        what = note("{consumer} gets {kind}, for enumerate gives pairs (number, batch)",
                    consumer=given.consumer or given.spot.text, kind=kind)  # fmt: skip
        why = note("enumerate gives a tuple (int, batch) in each turn, and {name} is that whole tuple", name=target)
        change = replaced(step, loop.target, f"i, {target}")
        yield case.finding("TW016", what, why=why, fix=f"for i, {target} in {step.source.text(iterable)}:",
                           mend=change.mend)  # fmt: skip
        return


RULES = (number_of_enumerate, tuple_is_passed_on)
