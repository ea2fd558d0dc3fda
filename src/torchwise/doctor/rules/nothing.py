"""None is passed on: a `forward` or a helper ends without `return`, or a method that gives nothing is assigned."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn, optim
from torch.utils.data import DataLoader

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.changes import at_line, returned_instead, statement_change
from torchwise.doctor.objects.definitions import definition_of, returns
from torchwise.doctor.objects.handed import OF_TENSORS, Handed, handed
from torchwise.doctor.objects.loading import is_collating
from torchwise.doctor.objects.origins import Nothing, nothing_of, origin_of_nothing
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Words
from torchwise.texts import note

OF_LISTS = {"append", "extend", "insert"}
OF_OTHERS = set(dir(nn.Module)) | set(dir(optim.Adam)) | set(dir(DataLoader)) | {"param_groups", "weight", "module"}


def nothing_is_passed_on(case: Case) -> Iterator[Finding]:
    """TW005: a function returned nothing, and None went where a tensor or a module was needed."""
    given = handed(case)
    if given is None or not given.is_none or is_collating(case):
        return
    if given.attribute and given.attribute not in OF_TENSORS | OF_OTHERS | OF_LISTS:
        return
    if given.producer is not None:
        origin = _origin_in(case, given.producer)
        if origin is not None and origin.kind == "no return":
            yield not_returned(case, given, origin)
        return
    if given.spot is None or (isinstance(given.spot.node, ast.Attribute) and given.spot.node.attr == "grad"):
        return
    origin = origin_of_nothing(case.flow, given.spot)
    if origin.kind == "no return" and _is_about_torch(case, given):
        yield not_returned(case, given, origin)
    elif origin.kind == "method" and (given.attribute not in OF_LISTS or _names_tensors(case)):
        yield from _of_a_method(case, given, origin)
    elif origin.kind == "literal":
        yield from _literal(case, given, origin)
    elif _is_sure_of_torch(case, given):
        yield case.finding("TW005", _what(given, given.spot.text), why=_why(), mend=origin.spot, sure=False)


def _origin_in(case: Case, module: nn.Module) -> Nothing | None:
    """Where a module's `forward` got the None that it returned."""
    definition = definition_of(module)
    if definition is None or (origin := nothing_of(definition)) is not None:
        return None if definition is None else origin
    for given in returns(definition.scope):
        if given.value is not None:
            return origin_of_nothing(case.flow, definition.spot(given.value))
    return None


def _names_tensors(case: Case) -> bool:
    """Whether the failing line names a tensor."""
    frame = case.frame
    if frame is None or frame.node is None or frame.source is None:
        return False
    names = {n.id for n in ast.walk(frame.source.statement_of(frame.node)) if isinstance(n, ast.Name)}
    return any(isinstance(frame.locals.get(name), Tensor) for name in names)


def _is_about_torch(case: Case, given: Handed) -> bool:
    """Whether what failed is torch's, or asks for something that only torch's things have."""
    if case.inner or not given.attribute:
        return True
    plain: Any = (str, list, dict)
    return not any(hasattr(kind, given.attribute) for kind in plain)


def _is_sure_of_torch(case: Case, given: Handed) -> bool:
    return bool(case.inner) or (bool(given.attribute) and given.attribute in OF_TENSORS)


def _what(given: Handed, code: str) -> Words:
    if given.attribute:
        return note("{code} is None (NoneType), and None has no .{attribute}", code=code, attribute=given.attribute)
    return note("{consumer} gets None (NoneType) from {code}", consumer=given.consumer, code=code)


def _why() -> Words:
    return note("a function without return gives None")


def not_returned(case: Case, given: Handed, origin: Nothing) -> Finding:
    """A function of the user's that ends without a value."""
    definition = origin.definition
    assert definition is not None, "only functions end without return"
    name = _full_name(given, definition.name, definition.receiver)
    code = given.spot.text if given.spot is not None else name
    change, is_partial = return_missing(origin)
    names = _names_to_return(case, origin)
    if names and not is_partial:
        change = at_line(origin.spot, f"return {names}", end=True)
    if case.inner:
        what = note(
            "{function} returns nothing, so {consumer} gets None (NoneType)", function=name, consumer=given.consumer
        )
    else:
        what = note("{function} returns nothing, so {code} is None (NoneType)", function=name, code=_brief(code))
    why: Words = note("a function that ends without return gives None")
    if is_partial:
        why = note("only some of its ways end with return; on the others a function gives None")
    return case.finding("TW005", what, why=why, fix=change.text, mend=change.mend)


def _names_to_return(case: Case, origin: Nothing) -> str:
    """`a, b = f(x)`: the names that the caller wants, if the function has variables of these names."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Tuple | ast.List) or origin.definition is None:
        return ""
    names = [item.id for item in node.elts if isinstance(item, ast.Name)]
    scope = origin.definition.scope
    is_known = all(bindings_in(scope, name) for name in names)
    return ", ".join(names) if len(names) == len(node.elts) and is_known else ""


def _full_name(given: Handed, name: str, receiver: Any) -> str:
    """The method with the class of the object: of an inherited one that is another class."""
    owner = type(receiver).__name__
    if isinstance(receiver, nn.Module) and class_nodes(type(receiver)) and "." in name:
        return f"{owner}.{name.rpartition('.')[2]}"
    return name


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 50 else code[:47] + "..."


def return_missing(origin: Nothing) -> tuple[Change, bool]:
    """The change that makes a function return its result; whether some of its ways did so before."""
    definition = origin.definition
    assert definition is not None, "only functions end without return"
    spot, statement = origin.spot, origin.spot.node
    given = [node for node in returns(definition.scope) if node.value is not None]
    assert isinstance(statement, ast.stmt), "the last line of a function"
    if isinstance(statement, ast.Return) and statement.value is not None:  # within an `if` without an else
        text = note("{code} behind the branch too, for the other case", code=spot.text)
        return at_line(spot, text), True
    if isinstance(statement, ast.Return):
        last = spot.source.text(given[-1]) if given else "return ..."
        return at_line(spot, last), bool(given)
    if isinstance(statement, ast.Pass | ast.Continue) and given:
        return at_line(spot, spot.source.text(given[-1])), True
    return returned_instead(spot, statement), bool(given)


def _of_a_method(case: Case, given: Handed, origin: Nothing) -> Iterator[Finding]:
    """`x = layers.append(...)`: the method works in place and gives nothing."""
    call, spot = origin.spot.text, origin.spot
    statement = spot.source.parents.get(spot.node)
    what = _what(given, given.spot.text if given.spot is not None else call)
    why = note("{code} changes its object or does its work, and returns None", code=_brief(call))
    if isinstance(statement, ast.Assign):
        change = statement_change(spot, statement, call)
        yield case.finding("TW005", what, why=why, fix=change.text, mend=change.mend)
    elif isinstance(statement, ast.Return) and isinstance(spot.node, ast.Call):
        yield case.finding("TW005", what, why=why, fix=note("{code}, and return its object on a line of its own",
                                                            code=call), mend=spot)  # fmt: skip


def _literal(case: Case, given: Handed, origin: Nothing) -> Iterator[Finding]:
    """A None that was written: a default that no argument replaced, a value that was to be set later."""
    spot = origin.spot
    if not _is_sure_of_torch(case, given) and not _is_about_torch(case, given):
        return
    parent = spot.source.parents.get(spot.node)
    code = given.spot.text if given.spot is not None else spot.text
    if isinstance(parent, ast.arguments) and spot.caller is not None:
        name = _parameter(parent, spot.node)
        why = note("the parameter {name} is None unless the caller gives it", name=name)
        yield case.finding("TW006", _what(given, code), why=why, mend=spot.caller, sure=False,
                           fix=note("give {name} in {call}", name=name, call=_brief(spot.caller.text)))  # fmt: skip
        return
    change = _set_before(spot)
    if origin.definition is not None and isinstance(spot.node, ast.Return):
        change, _ = return_missing(origin)
    why = note("it is set to None at line {line}, and nothing has replaced that", line=spot.line)
    yield case.finding("TW005", _what(given, code), why=why, fix=change.text, mend=change.mend, sure=False)


def _parameter(arguments: ast.arguments, default: ast.AST) -> str:
    named = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(named), reversed(arguments.defaults), strict=False)]
    pairs += [(name, item) for name, item in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if item]
    return next((name.arg for name, item in pairs if item is default), "")


def _set_before(spot: Spot) -> Change:
    return at_line(spot, note("give it a value before it is used"))


RULES = (nothing_is_passed_on,)
