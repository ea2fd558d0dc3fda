"""A module (or a method of one) is called with the wrong number of arguments, or with a name it doesn't know."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.definitions import Definition, definition_of, nearest
from torchwise.doctor.objects.signatures import Mismatch, item_of, key_node, keyword_spot, mismatch_in, parameters_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note


def arguments_dont_fit(case: Case) -> Iterator[Finding]:
    """TW006: the arguments are not those of `forward`; TW017: a loss is called without its target."""
    if not isinstance(case.error, TypeError) or case.frame is None:
        return
    mismatch = mismatch_in(case.text)
    if mismatch is None or mismatch.last_name == "__init__":
        return
    called = _called(case, mismatch)
    if called is None:
        return
    module, function = called
    if isinstance(module, nn.modules.loss._Loss):
        yield from _of_loss(case, module, mismatch)
        return
    definition = definition_of(function)
    if (found := _without_self(case, mismatch, definition, module)) is not None or (
        found := _in_sequential(case, module, mismatch)
    ) is not None:
        yield found
    elif mismatch.kind in ("unknown", "twice"):
        yield from _unknown_keyword(case, module, function, mismatch)
    elif mismatch.kind == "missing":
        yield from _missing(case, module, mismatch, definition)
    else:
        yield from _too_many(case, module, function, mismatch)


def _called(case: Case, mismatch: Mismatch) -> tuple[Any, Any] | None:
    """The module whose `forward` (or other method) was called, and that method."""
    last = case.frames[-1]
    if last.function in ("_call_impl", "_wrapped_call_impl", "inner") and mismatch.last_name == "forward":
        module = last.locals.get("self")
        return (module, type(module).forward) if isinstance(module, nn.Module) else None
    node = case.frame.node if case.frame is not None else None
    if case.inner or not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute):
        receiver = case.value(node.func.value)
        if receiver is None and isinstance(node.func.value, ast.Call) and call_name(node.func.value) == "super":
            receiver = case.frame.locals.get("self") if case.frame is not None else None
        if isinstance(receiver, nn.Module):
            return receiver, getattr(type(receiver), node.func.attr, None)
    return None


def _label(case: Case, module: Any, name: str = "forward") -> str:
    path = case.path_of(module) if isinstance(module, nn.Module) else ""
    kind = type(module).__name__
    return f"{kind}.{name}" if not path or name != "forward" else f"{kind}.forward"


def _of_loss(case: Case, module: nn.Module, mismatch: Mismatch) -> Iterator[Finding]:
    """`criterion(output)`: the target is missing."""
    kind = type(module).__name__
    if mismatch.kind == "missing":
        what = note("{kind} is called without its {names}", kind=kind, names=", ".join(mismatch.names))
        fix: Words = _call_with(case, list(mismatch.names))
    else:
        what = note("{kind} is called with {given} arguments, it takes output and target",
                    kind=kind, given=max(mismatch.given - 1, 0) or mismatch.keyword)  # fmt: skip
        fix = note("{call} with output and target only", call=case.operation.name if case.operation else kind)
    why = note("a loss is built once with its options, and called with output and target")
    yield case.finding("TW017", what, why=why, fix=fix)


def _call_with(case: Case, names: list[str]) -> str:
    """The user's call with more arguments: variables of these names, or of names alike, that are at hand."""
    frame = case.frame
    node = frame.node if frame is not None else None
    if frame is None or not isinstance(node, ast.Call) or frame.source is None:
        return ", ".join(names)
    given = [frame.source.text(item) for item in [*node.args, *node.keywords]]
    near = [_at_hand(case, name, given) or name for name in names]
    return " ".join(f"{frame.source.text(node.func)}({', '.join([*given, *near])})".split())


def _at_hand(case: Case, name: str, given: list[str]) -> str | None:
    """A variable of the caller that may be meant by a parameter."""
    assert case.frame is not None, "asked before"
    frame = case.frame
    tensors = [n for n, v in frame.locals.items() if isinstance(v, Tensor | tuple | dict) and n not in given]
    if name in frame.locals:
        return name
    if (near := nearest(name, tensors, 0.6)) is not None:
        return near
    if name in ("target", "label"):
        likely = [
            n for n in tensors if n in ("y", "labels", "targets", "target", "label", "yb", "y_true", "y_batch", "tgt")
        ]
        return likely[0] if likely else None
    return None


def _without_self(case: Case, mismatch: Mismatch, definition: Definition | None, module: Any) -> Finding | None:
    """`def forward(x)`: the module itself takes the place of x."""
    if definition is None or isinstance(definition.scope, ast.Lambda) or mismatch.kind not in ("many", "twice"):
        return None
    arguments = definition.scope.args
    names = [item.arg for item in [*arguments.posonlyargs, *arguments.args]]
    if names[:1] in (["self"], ["cls"], ["module"]) or any(
        ast.unparse(item) in ("staticmethod", "classmethod") for item in definition.scope.decorator_list
    ):
        return None
    own, line = definition.scope.name, definition.scope.lineno
    what = note("{kind}.{method} lacks self: it takes {taken} argument and gets {given}, the module among them",
                kind=type(module).__name__, method=own, taken=mismatch.taken, given=mismatch.given)  # fmt: skip
    why = note("Python passes the module itself as the first argument of a method")
    text = ", ".join(["self", *([ast.unparse(arguments)] if names or arguments.kwonlyargs else [])])
    mend = Mend(
        file=definition.source.file,
        line=line,
        old=f"def {own}(",
        new=f"def {own}(self, " if names else f"def {own}(self",
    )
    return case.finding("TW006", what, why=why, fix=f"def {own}({text}):", mend=mend)


def _in_sequential(case: Case, module: Any, mismatch: Mismatch) -> Finding | None:
    """A Sequential hands exactly one value on."""
    callers = [f for f in case.inner if f.function == "forward" and type(f.locals.get("self")) is nn.Sequential]
    if not callers or mismatch.kind != "missing":
        return None
    last = [f for f in case.inner if f.function == "forward"][-1]
    if last is not callers[-1]:
        return None
    kind = type(module).__name__
    site = case.site_of(module)
    what = note("{kind} stands in an nn.Sequential, but its forward needs {names} too",
                kind=kind, names=", ".join(mismatch.names))  # fmt: skip
    why = note("nn.Sequential passes one value from part to part")
    fix = note("take {kind} out of the Sequential and call it with all its inputs", kind=kind)
    return case.finding("TW006", what, why=why, fix=fix, mend=site)


def _unknown_keyword(case: Case, module: Any, function: Any, mismatch: Mismatch) -> Iterator[Finding]:
    """A keyword that `forward` doesn't know, written in the call or in a dictionary that is spread into it."""
    names = parameters_of(function)
    word, method = mismatch.keyword, mismatch.last_name
    near = nearest(word, names, 0.5) or next((n for n in names if n in word or word in n), None)
    shown = ", ".join(names)
    what = note("{kind}.{method} has no parameter {word}, but {names}",
                kind=type(module).__name__, method=method, word=word, names=shown)  # fmt: skip
    if mismatch.kind == "twice":
        what = note("{kind}.{method} gets {word} twice, by its place and by its name",
                    kind=type(module).__name__, method=method, word=word)  # fmt: skip
    why = note("the names of a call must be those in the line def {method}({names})", method=method, names=shown)
    call = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    found = keyword_spot(case.flow, call, word) if call is not None else None
    if call is None or found is None:
        yield case.finding("TW006", what, why=why, fix=near or "", sure=False)
        return
    spot, elsewhere = found
    if not elsewhere:
        parent = spot.source.parents[spot.node]
        new = f"{near}={spot.text}" if near else spot.text
        change = replaced(call, parent, new, least=call.node)
        yield case.finding("TW006", what, why=why, fix=change.text, mend=change.mend)
        return
    node = key_node(spot)
    line = getattr(node, "lineno", spot.line)
    text = spot.source.text(node)
    where = note("{word} is written at {place}", word=word, place=name_of_file(spot))
    new = f'"{near}"' if not isinstance(node, ast.keyword) else f"{near}={spot.text}"
    mend = Mend(file=spot.file, line=line, old=text if near else None, new=new if near else None)
    fix: Words = (
        f"{new}: {spot.text}" if near and new[:1] == '"' else new if near else note("leave {word} out", word=word)
    )
    yield case.finding("TW006", what, why=note("{rule}; {where}", rule=why, where=where), fix=fix, mend=mend)


def _missing(case: Case, module: Any, mismatch: Mismatch, definition: Definition | None) -> Iterator[Finding]:
    """A required argument is not given."""
    kind, method = type(module).__name__, mismatch.last_name
    shown = ", ".join(mismatch.names)
    what = note("{kind}.{method} needs {names} too", kind=kind, method=method, names=shown)
    line = definition.spot(definition.scope) if definition is not None else None
    place = name_of_file(line) if line is not None else ""
    why = note("def {method} at {place} has no default for {names}", method=method, place=place, names=shown)
    if line is None:
        why = note("{kind} is called with {names}", kind=kind, names=", ".join(parameters_of(type(module).forward)))
    spread = _spread_lacks(case, mismatch)
    if spread is not None:
        yield case.finding("TW006", what, why=why, fix=f'"{mismatch.names[0]}": ...', mend=spread)
        return
    yield case.finding("TW006", what, why=why, fix=_call_with(case, list(mismatch.names)))


def _spread_lacks(case: Case, mismatch: Mismatch) -> Spot | None:
    """The dictionary that is spread into the call and lacks the argument."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return None
    for spread in (keyword.value for keyword in node.keywords if keyword.arg is None):
        table = case.spot(spread)
        made = case.flow.born(table)
        if isinstance(made.node, ast.Dict) and item_of(case.flow, table, mismatch.names[0]) is None:
            return made
    return None


def _too_many(case: Case, module: Any, function: Any, mismatch: Mismatch) -> Iterator[Finding]:
    """More arguments than `forward` takes."""
    kind, method = type(module).__name__, mismatch.last_name
    names = parameters_of(function)
    taken, given = max(mismatch.taken - 1, 0), max(mismatch.given - 1, 0)
    what = note(
        "{kind}.{method} takes {taken} arguments and gets {given}", kind=kind, method=method, taken=taken, given=given
    )
    why = note("def {method}(self, {names}); self is added by Python and not counted here ({total} with it)",
               method=method, names=", ".join(names), total=mismatch.given)  # fmt: skip
    node = case.frame.node if case.frame is not None else None
    fix: Words = note("leave the last {count} out", count=given - taken)
    if (
        isinstance(node, ast.Call)
        and case.frame is not None
        and case.frame.source is not None
        and len(node.args) > taken
    ):
        kept = [case.frame.source.text(item) for item in node.args[:taken]]
        change = replaced(case.spot(node), node, f"{case.frame.source.text(node.func)}({', '.join(kept)})")
        yield case.finding("TW006", what, why=why, fix=change.text, mend=change.mend)
        return
    yield case.finding("TW006", what, why=why, fix=fix)


RULES = (arguments_dont_fit,)
