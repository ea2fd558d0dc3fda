"""Parameter groups of an optimizer that don't fit: the same parameter twice, another key, a group that is none."""

import ast
from collections.abc import Iterator
from itertools import permutations, product
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.backwards import put_in, search_back
from torchwise.doctor.objects.parameter_names import names_of, unmatched_name
from torchwise.doctor.rules.optimizers import params_spot
from torchwise.doctor.samples import target_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import both, note


def mixed_groups(case: Case, spot: Spot, value: Any) -> Finding:
    """Dictionaries and something else in one list of groups."""
    odd = next((index for index, item in enumerate(value) if not isinstance(item, dict)), 0)
    what = note("group {index} of the optimizer is a {kind}, the others are dictionaries", index=odd,
                kind=type(value[odd]).__name__)  # fmt: skip
    why = note("parameter groups are dictionaries with the key params")
    item = group_spot(case, spot, odd)
    if item is None:
        return case.finding("TW010", what, why=why, fix='{"params": ...}')
    text = " ".join(item.text.split())
    change = replaced(item, item.node, '{"params": ' + text + "}")
    return case.finding("TW010", what, why=why, fix=change.text, mend=change.mend)


def group_spot(case: Case, spot: Spot, index: int) -> Spot | None:
    """The expression of one group of the list."""
    if case.frame is not None and case.frame.node is not None and call_name(case.frame.node) == "add_param_group":
        return spot
    made = case.flow.born(spot)
    if isinstance(made.node, ast.List | ast.Tuple) and index < len(made.node.elts):
        return made.at(made.node.elts[index], ())
    if isinstance(made.node, ast.Dict) and index == 0:
        return made
    name = getattr(target_of(made), "id", "")  # the groups behind those of the list are appended
    more = list(put_in(made, name)) if name and isinstance(made.node, ast.List) else []
    place = index - len(getattr(made.node, "elts", ()))
    return more[place] if 0 <= place < len(more) else None


def groups_dont_fit(case: Case) -> Iterator[Finding]:
    """TW010: a parameter stands in two groups, or a group lacks the key `params`."""
    frame = next((f for f in reversed(case.inner) if f.function == "add_param_group"), None)
    spot = params_spot(case)
    if frame is None or spot is None or case.frame is None:
        return
    if isinstance(case.error, KeyError):
        yield from _without_key(case, frame, spot)
    elif "more than one parameter group" in case.text:
        yield _twice(case, frame, spot)


def _without_key(case: Case, frame: Frame, spot: Spot) -> Iterator[Finding]:
    group = frame.locals.get("param_group")
    if not isinstance(group, dict) or "params" in group:
        return
    keys = [key for key in group if isinstance(key, str)]
    wrong = next((key for key in keys if key.startswith(("param", "weight")) or key == "parameters"), None)
    what = note("a parameter group has the keys {keys}, not params", keys=", ".join(keys))
    why = note("the parameters of a group stand under the key params")
    found = [n for s in case.flow.sites.sources for n in ast.walk(s.tree)
             if isinstance(n, ast.Constant) and n.value == wrong and isinstance(s.parents.get(n), ast.Dict)]  # fmt: skip
    sources = [s for s in case.flow.sites.sources for n in ast.walk(s.tree) if found and n is found[0]]
    if found and sources:
        place = Spot(sources[0], found[0])
        mend = Mend(file=place.file, line=place.line, old=place.text, new='"params"')
        yield case.finding("TW010", what, why=why, fix='"params": ...', mend=mend)
        return
    yield case.finding("TW010", what, why=why, fix='{"params": ...}', mend=group_spot(case, spot, _count(frame)))


def _count(frame: Frame) -> int:
    return len(getattr(frame.locals.get("self"), "param_groups", []))


def _twice(case: Case, frame: Frame, spot: Spot) -> Finding:
    """The same parameter in two groups: a shared weight, or a part of the model beside the whole."""
    optimizer, group = frame.locals.get("self"), frame.locals.get("param_group")
    earlier = getattr(optimizer, "param_groups", [])
    own = list(group["params"]) if isinstance(group, dict) and isinstance(group.get("params"), list) else []
    place = next((i for i, g in enumerate(earlier) if any(p is q for p in g["params"] for q in own)), 0)
    shared = [p for p in own if any(p is q for g in earlier for q in g["params"])]
    names = [names_of(case, tensor) for tensor in shared[:2]]
    tied = next((found for found in names if len(found) > 1), [])
    index = len(earlier)
    shown = " = ".join(tied) if tied else ", ".join(name[0] for name in names if name)
    what = note(
        "the groups {one} and {other} both hold {names}", one=place, other=index, names=shown or note("a parameter")
    )
    why = note("each parameter is stepped once, so it may stand in one group only")
    if tied:
        why = note("{names} are one and the same parameter, which may stand in one group only", names=both(tied))
    added_by = _added_by(case, spot, place, index)
    if (test := _second_test(added_by)) is not None:
        why = note("{why}; the second if is asked for those that the first has taken too", why=why)
        line = test.source.lines[test.line - 1].strip()
        mend = Mend(file=test.file, line=test.line, old=line, new=f"el{line}")
        return case.finding("TW010", what, why=why, fix=f"elif {' '.join(test.text.split())}:", mend=mend)
    if (added := _added_anyway(added_by)) is not None:
        why = note("{why}; {code} adds them whether or not they are in the other list", why=why, code=added.text)
        return case.finding("TW010", what, why=why, fix=note("else: {code}", code=added.text), mend=added)
    if (misnamed := unmatched_name(case, shared)) is not None:
        constant, module = misnamed
        why = note("{why}; no parameter of the model is named like {name}, so nothing is left out", why=why,
                   name=constant.text)  # fmt: skip
        change = replaced(constant, constant.node, module, least=constant.source.parents.get(constant.node))
        return case.finding("TW010", what, why=why, fix=change.text, mend=change.mend)
    is_whole = len(earlier) > place and len(earlier[place]["params"]) > len(own) and not tied
    first, second = group_spot(case, spot, place), group_spot(case, spot, index)
    if not tied and (greedy := _takes_the_rest(case, first, second)) is not None:
        fix, place_of_it = greedy
        return case.finding("TW010", what, why=why, fix=fix, mend=place_of_it)
    chosen = first if is_whole and first is not None else second
    if chosen is None:
        return case.finding("TW010", what, why=why, fix=note("add only parameters that the optimizer has not"))
    left_out = _disjoint(chosen, first if chosen is second else second, tied, shown)
    return case.finding("TW010", what, why=why, fix=left_out, mend=chosen)


def _takes_the_rest(case: Case, first: Spot | None, second: Spot | None) -> tuple[Words, Mend] | None:
    """Of two lists the one that takes all but some: `if not is_bias(n)`, which must spare the other's too."""
    lists = [_comprehension(case, group) for group in (first, second) if group is not None]
    tests = [(made, " and ".join(made.source.text(test) for test in made.node.generators[0].ifs))  # type: ignore[attr-defined]
             for made in lists if made is not None]  # fmt: skip
    rest = [
        (made, test)
        for made, test in tests
        if test.startswith("not ") or " not in " in test or "!=" in test or not test
    ]
    others = [(made, test) for made, test in tests if (made, test) not in rest]
    if len(rest) != 1:
        return None
    made, test = rest[0]
    text = made.text
    if not others or "\n" in text:
        return (note("leave out what is in the other group"), Mend(file=made.file, line=made.line)) if others else None
    other = others[0][1]
    other = f"not {other}" if " and " not in other and " or " not in other else f"not ({other})"
    joined = f"{text[:-1]} and {other}{text[-1]}" if test else f"{text[:-1]} if {other}{text[-1]}"
    change = replaced(made, made.node, joined)
    return change.text, change.mend


def _comprehension(case: Case, group: Spot) -> Spot | None:
    """The comprehension that made the list of a group."""
    table = case.flow.born(group)
    given = keyword_of(table.node, "params") if isinstance(table.node, ast.Call) else None
    if isinstance(table.node, ast.Dict):
        given = next((value for value in table.node.values if is_value_of_params(table.at(value))), None)
    made = case.flow.born(table.at(given, ())) if given is not None else None
    return made if made is not None and isinstance(made.node, ast.ListComp | ast.GeneratorExp) else None


def _added_by(case: Case, spot: Spot, one: int, other: int) -> list[list[Spot]]:
    """What is appended to the lists of two groups, for each; nothing if one of them is no variable."""
    found: list[list[Spot]] = []
    for index in (one, other):
        group = group_spot(case, spot, index)
        given = search_back(case.flow, group, is_value_of_params) if group is not None else None
        steps = case.flow.trail(given) if given is not None else []
        lists = [s for s in steps if isinstance(s.node, ast.Name | ast.Subscript)]
        found.append(next((put for s in reversed(lists) if (put := list(put_in(s, s.text)))), []))
    return found


def _second_test(added_by: list[list[Spot]]) -> Spot | None:
    """The test of the second of two `if`s one right behind the other, which append to two lists."""
    for earlier, later in permutations(added_by, 2):
        for first, second in product(earlier, later):
            one, other = _chain(first), _chain(second)
            if one is None or other is None or isinstance(one.body[-1], ast.Continue) or _has_else(one):
                continue
            body = getattr(first.source.parents.get(one), "body", [])
            if one in body and other in body and body.index(other) == body.index(one) + 1:
                return second.at(other.test, ())
    return None


def _has_else(test: ast.If) -> bool:
    """Whether a chain of if and elif ends with an else, behind which no elif can stand."""
    while len(test.orelse) == 1 and isinstance(test.orelse[0], ast.If):
        test = test.orelse[0]
    return bool(test.orelse)


def _chain(spot: Spot) -> ast.If | None:
    """The outermost `if` (with its elif and else) in the loop around an expression."""
    found = [here for here in _around_in_loop(spot) if isinstance(here, ast.If)]
    return found[-1] if found else None


def _added_anyway(added_by: list[list[Spot]]) -> Spot | None:
    """An `append` to one of two lists that stands beside an `if` which appends to the other."""
    found = [spot for spots in added_by for spot in spots]
    inside = [s for s in found if any(isinstance(node, ast.If) for node in _around_in_loop(s))]
    outside = [s for s in found if s not in inside and any(isinstance(node, ast.For) for node in _parents(s))]
    if not inside or not outside:
        return None
    call = outside[0].source.parents.get(outside[0].node)
    return outside[0].at(call, ()) if isinstance(call, ast.Call) else None


def _parents(spot: Spot) -> Iterator[ast.AST]:
    """What stands around an expression, from the inside out."""
    here = spot.source.parents.get(spot.node)
    while here is not None:
        yield here
        here = spot.source.parents.get(here)


def _around_in_loop(spot: Spot) -> Iterator[ast.AST]:
    """What stands around an expression, up to its loop."""
    for here in _parents(spot):
        if isinstance(here, ast.For):
            return
        yield here


def is_value_of_params(spot: Spot) -> bool:
    """Whether an expression stands under the key params of a dictionary."""
    table = spot.source.parents.get(spot.node)
    if isinstance(table, ast.keyword):
        return table.arg == "params"
    if not isinstance(table, ast.Dict) or not isinstance(spot.node, ast.expr) or spot.node not in table.values:
        return False
    key = table.keys[table.values.index(spot.node)]
    return isinstance(key, ast.Constant) and key.value == "params"


def _disjoint(chosen: Spot, other: Spot | None, tied: list[str], shown: str) -> Words:
    """How the one group leaves out what is in the other."""
    if tied:
        return note("leave {name} out of this group", name=tied[-1])
    if other is not None and isinstance(other.node, ast.Dict):
        text = " ".join(other.text.split())
        return note("leave out what stands in {group}", group=text if len(text) < 60 else text[:57] + "...")
    return note("leave {names} out of this group", names=shown)


RULES = (groups_dont_fit,)
