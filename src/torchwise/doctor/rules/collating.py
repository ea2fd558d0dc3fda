"""Samples that can't be put together to a batch: of different sizes, None, or of a kind that torch can't collate."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.definitions import ends_by_itself, nearest
from torchwise.doctor.objects.loading import bare, is_fetching
from torchwise.doctor.objects.origins import Nothing, nothing_of, origin_of_nothing
from torchwise.doctor.objects.samples_at_hand import Collation, collation
from torchwise.doctor.objects.transformless import transform_left_out
from torchwise.doctor.rules.nothing import return_missing
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of, returns_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

FOUND = re.compile(r"found (?:<class '(?P<kind>[^']+)'>|(?P<dtype>\S+))")


def sample_is_none(case: Case) -> Iterator[Finding]:
    """TW621: a sample, or a part of one, is None."""
    if not isinstance(case.error, TypeError | AttributeError | RuntimeError) or "NoneType" not in case.text:
        return
    found = collation(case)
    if found is None:
        yield from _none_in_own_collate(case)
        return
    if any(sample is None for sample in found.samples):
        yield from _whole_sample(case, found)
        return
    path = _path_of_none(found.samples)
    if path is None:
        return
    what = note("{label} of a sample is None (NoneType), which no batch can hold", label=_label(path))
    spot = found.part_spot
    if spot is None:
        yield case.finding("TW621", what, why=_why(), mend=found.loader)
        return
    origin = origin_of_nothing(case.flow, spot.at(spot.node, path))
    if origin.kind == "no return":
        yield _no_return(case, origin, what)
    else:
        why = note("it is {code} at {place}", code=_brief(origin.spot.text), place=name_of_file(origin.spot))
        yield case.finding(
            "TW621", what, why=why, mend=origin.spot, fix=note("a value that stands for a missing one, or leave it out")
        )


def _why() -> Words:
    return note("a batch is made of tensors, arrays, numbers, text, and lists or dictionaries of them")


def _brief(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) < 60 else code[:57] + "..."


def _label(path: tuple[Any, ...]) -> Words:
    return "".join(f"[{key!r}]" for key in path) or note("a part")


def _path_of_none(samples: list[Any]) -> tuple[Any, ...] | None:
    """Where the None is within a sample."""
    for sample in samples:
        items = (
            sample.items()
            if isinstance(sample, dict)
            else enumerate(sample)
            if isinstance(sample, list | tuple)
            else ()
        )
        for key, value in items:
            if value is None:
                return (key,)
            if isinstance(value, dict | list | tuple) and (inner := _path_of_none([value])):
                return (key, *inner)
    return None


def _whole_sample(case: Case, found: Collation) -> Iterator[Finding]:
    getter = found.getter
    count = sum(sample is None for sample in found.samples)
    what = note("{count} of {all} samples are None (NoneType)", count=count, all=len(found.samples))
    origin = nothing_of(getter) if getter is not None else None
    if origin is None and found.part_spot is not None:
        origin = origin_of_nothing(case.flow, found.part_spot.at(found.part_spot.node, ()))
    if origin is None:
        yield case.finding("TW621", what, why=_why(), mend=found.loader)
        return
    name = getter.name if getter is not None else "__getitem__"
    what = note(
        "{name} gave None (NoneType) for {count} of {all} samples", name=name, count=count, all=len(found.samples)
    )
    if origin.kind == "no return":
        yield _no_return(case, origin, what)
    else:
        why = note("{code} at {place} gives None", code=_brief(origin.spot.text), place=name_of_file(origin.spot))
        fix = note("return a sample there too, or leave such samples out in __init__")
        yield case.finding("TW621", what, why=why, fix=fix, mend=origin.spot)


def _no_return(case: Case, origin: Nothing, what: Words) -> Finding:
    """The function of the user's that ends without a value, and on which condition."""
    definition = origin.definition
    assert definition is not None, "only functions end without return"
    change, is_partial = return_missing(origin)
    why: Words = note("{name} ends without return, and so gives None", name=definition.name)
    if is_partial:
        given = [n for n in ast.walk(definition.scope) if isinstance(n, ast.Return) and n.value is not None]
        test = _condition(origin.spot, given)
        why = note("{name} returns only in some cases, else it gives None", name=definition.name)
        if test:
            why = note("{name} returns only if {test}, else it gives None", name=definition.name, test=test)
    return case.finding("TW621", what, why=why, fix=change.text, mend=change.mend)


def _condition(spot: Spot, given: list[ast.Return]) -> str:
    """The condition of the `if` that a return stands in, the object itself left out of it."""
    for node in given:
        parent = spot.source.parents.get(node)
        if isinstance(parent, ast.If) and ends_by_itself(parent.orelse):
            return spot.source.text(parent.test).replace("self.", "")
    return ""


def _none_in_own_collate(case: Case) -> Iterator[Finding]:
    """The user's collate function got a None among the samples."""
    frame = case.frame
    if not is_fetching(case) or frame is None or frame.function == "__getitem__":
        return
    lists = [v for v in frame.locals.values() if isinstance(v, list | tuple) and len(v) > 0]
    data = next((f.locals["self"].dataset for f in reversed(case.frames)
                 if f.function == "fetch" and hasattr(f.locals.get("self"), "dataset")), None)  # fmt: skip
    samples = next((list(v) for v in lists if any(item is None for item in v)), None)
    if samples is None or data is None:
        return
    yield from _whole_sample(case, Collation(case, samples, samples, (), bare(data)))


def sample_cannot_be_collated(case: Case) -> Iterator[Finding]:
    """TW627: images, objects of one's own, or dictionaries with different keys in a batch."""
    found = collation(case)
    if found is None or "NoneType" in case.text:
        return
    if isinstance(case.error, KeyError):
        yield from _different_keys(case, found)
        return
    match = FOUND.search(case.text) if isinstance(case.error, TypeError) else None
    if match is not None:
        yield _of_a_kind(case, found, match)
    elif re.search(r"expected Tensor as element|only one element tensors|must be real number|not a number", case.text):
        yield from _mixed(case, found)


def _of_a_kind(case: Case, found: Collation, match: re.Match[str]) -> Finding:
    kind = (match["kind"] or match["dtype"]).rpartition(".")[2]
    where = _label(found.path) if found.path else note("each sample")
    what = note(
        "{where} is a {kind}, which the default collate function can't put into a batch", where=where, kind=kind
    )
    part = found.part_spot
    born = case.flow.born(part) if part is not None else None
    if "PIL" in (match["kind"] or ""):
        return _image(case, found, what, part)
    if match["dtype"] is not None:
        why = note("an array of text or objects becomes no tensor")
        return case.finding(
            "TW627", what, why=why, mend=born or found.loader, fix=note("numbers instead of text, or a list of str")
        )
    if "Path" in kind or kind in ("date", "datetime", "Timestamp", "Timedelta"):
        text = f"str({born.text})" if born is not None and len(born.text) < 40 else "str(...)"
        change = replaced(part, part.node, text) if part is not None and not part.path else None
        return case.finding("TW627", what, why=_why(), fix=text, mend=change.mend if change else born or found.loader)
    why = note("{rule}; {kind} objects need a collate_fn of their own", rule=_why(), kind=kind)
    return case.finding("TW627", what, why=why, fix="collate_fn=lambda samples: ...",
                        mend=found.loader or born)  # fmt: skip


def _image(case: Case, found: Collation, what: Words, part: Spot | None) -> Finding:
    """A PIL image: the transform to a tensor is missing."""
    why = note("a PIL image is no tensor; transforms.ToTensor() makes one of it")
    if (left_out := transform_left_out(case, found.data, found.loader)) is not None:
        return case.finding("TW627", what, why=why, fix=left_out.text, mend=left_out.mend)
    site = case.flow.sites.of(found.data) if found.data is not None else None
    held = getattr(found.data, "transform", "none")
    if held is None and site is not None and isinstance(site.node, ast.Call):
        given = keyword_of(site.node, "transform")
        if given is not None:
            change = replaced(site, given, "transforms.ToTensor()", least=site.node)
            return case.finding("TW627", what, why=why, fix=change.text, mend=change.mend)
        return case.finding("TW627", what, why=why, fix="transform=transforms.ToTensor()", mend=site)
    return case.finding("TW627", what, why=why, fix="transforms.ToTensor()(image)", mend=part or found.loader)


def _different_keys(case: Case, found: Collation) -> Iterator[Finding]:
    """Dictionaries of which some lack a key."""
    key = case.error.args[0] if case.error.args else ""
    dicts = [sample for sample in found.samples if isinstance(sample, dict)]
    without = sum(key not in sample for sample in dicts)
    if not dicts or not without:
        return
    what = note("{count} of {all} samples have no key {key}", count=without, all=len(dicts), key=repr(key))
    why = note("the dictionaries of a batch must all have the same keys")
    getter = found.getter
    spot = _stored_under(getter.source, getter.scope, key) if getter is not None else None
    if spot is None and getter is not None:
        spot = Spot(getter.source, returns_of(getter.scope)[-1]) if returns_of(getter.scope) else None
    near = nearest(str(key), [str(k) for sample in dicts for k in sample if k != key], 0.75)
    fix = note("{key} in every sample, with a value for those that have none", key=repr(key))
    if near is not None:
        fix = note("one spelling: {key} or {near}", key=repr(key), near=repr(near))
    yield case.finding("TW627", what, why=why, fix=fix, mend=spot or found.loader)


def _stored_under(source: Any, scope: ast.AST, key: Any) -> Spot | None:
    """`sample[key] = ...` within a condition."""
    for node in ast.walk(scope):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) and target.slice.value == key:
            return Spot(source, node)
    return None


def _mixed(case: Case, found: Collation) -> Iterator[Finding]:
    """Tensors in some samples, something else in others."""
    kinds = sorted({type(item).__name__ for item in found.parts})
    if len(kinds) < 2:
        return
    where = _label(found.path) if found.path else note("the samples")
    what = note("{where} are of different kinds: {kinds}", where=where, kinds=", ".join(kinds))
    part = found.part_spot
    born = case.flow.born(part) if part is not None else None
    why = note("the first sample decides how a batch is made, and the others must be alike")
    yield case.finding(
        "TW627", what, why=why, fix=note("one kind for all, such as torch.as_tensor(...)"), mend=born or found.loader
    )


RULES = (sample_is_none, sample_cannot_be_collated)
