"""Samplers that draw from more samples than the data set of their loader has: weights or positions of the whole."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.utils.data import BatchSampler, ConcatDataset, Dataset, Sampler, Subset, TensorDataset

from torchwise.doctor.case import Case
from torchwise.doctor.objects.backwards import expressions_behind, walked
from torchwise.doctor.objects.definitions import method_defined
from torchwise.doctor.objects.loading import calls_of, loader_call, loader_under_way
from torchwise.doctor.objects.signatures import keyword_spot
from torchwise.doctor.past.writing import code_of
from torchwise.doctor.samples import appended
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of, returns_of
from torchwise.doctor.tracing.earlier import value_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

DEEPEST = 40
NAMED = ast.Name | ast.Attribute
SIZED = ("weights", "data_source", "dataset")  # attributes of torch's samplers


def sampler_draws_too_high(case: Case) -> Iterator[Finding]:
    """TW628: a sampler was made for the whole data set, its loader has a part of it."""
    sampler, data = _under_way(case)
    loader = loader_under_way(case) if sampler is not None else None
    call = loader_call(case.flow, loader) if loader is not None else None
    count = count_of(case, data)
    if not isinstance(case.error, IndexError | KeyError) or call is None or count is None:
        return
    if isinstance(data, Subset) and (found := _of_subset(case, call, data)) is not None:
        yield found
        return
    for name in SIZED:
        size = count_of(case, getattr(sampler, name, None))
        if size is not None and size > count:
            yield _of_more(case, call, sampler, name, (size, count), data)
            return
    indices = getattr(sampler, "indices", None)
    highest = max(map(int, indices), default=-1) if indices is not None and count_of(case, indices) else -1
    if highest >= count:
        yield _of_positions(case, call, sampler, (highest, count), data)


def _under_way(case: Case) -> tuple[Any, Any]:
    """The sampler and the data set of the loader that was asked for a batch."""
    for frame in reversed(case.frames):
        owner = frame.locals.get("self")
        sampler = getattr(owner, "_index_sampler", None)
        if isinstance(sampler, BatchSampler | Sampler):
            return getattr(sampler, "sampler", sampler), getattr(owner, "_dataset", None)
    return None, None


def count_of(case: Case, value: Any) -> int | None:
    """How many entries a container or a data set has, without calling what the user wrote."""
    if isinstance(value, Subset):
        return len(value.indices)
    if isinstance(value, TensorDataset):
        return len(value.tensors[0])
    if isinstance(value, ConcatDataset):
        return int(value.cumulative_sizes[-1])
    if isinstance(value, list | tuple | range) or type(value).__name__ in ("ndarray", "Series", "DataFrame"):
        return len(value)
    if isinstance(value, Tensor):
        return len(value) if value.dim() else None
    length = method_defined(value, "__len__") if isinstance(value, Dataset) else None
    given = returns_of(length.scope) if length is not None else []
    found = (
        value_of(case.flow, Spot(length.source, given[-1], receiver=value)) if length is not None and given else None
    )
    return found if isinstance(found, int) else None


def _argument(call: Spot, name: str) -> Spot | None:
    """The argument of a call of a sampler or a loader; the first one if it is not named."""
    assert isinstance(call.node, ast.Call), "asked for calls"
    given = keyword_of(call.node, name) or next(iter(call.node.args), None)
    return call.at(given, ()) if given is not None else None


def _sampler_call(case: Case, call: Spot, sampler: Any) -> Spot | None:
    """The call that built the sampler: the way from the loader's argument, else the only one of its class."""
    given = keyword_spot(case.flow, call, "sampler")
    made = case.flow.born(given[0]) if given is not None else None
    name = type(sampler).__name__
    if made is not None and call_name(made.node) == name and isinstance(made.node, ast.Call):
        return made
    calls = list(calls_of(case.flow, {name}))
    return calls[0] if len(calls) == 1 else None


def _of_more(case: Case, call: Spot, sampler: Any, name: str, sizes: tuple[int, int], data: Any) -> Finding:
    """A weight for each sample of the whole, or the whole itself as the source."""
    size, count = sizes
    what = note("the sampler draws from {size} samples, the data set of its loader has {count}", size=size, count=count)
    if name == "weights":
        what = note("the sampler has weights for {size} samples, the data set of its loader has {count}", size=size,
                    count=count)  # fmt: skip
    why = note("a sampler gives positions in the data set of its loader, here 0 to {last}", last=count - 1)
    built = _sampler_call(case, call, sampler)
    start = _argument(built, name) if built is not None else None
    place = _whole(case, start, size) if start is not None and name == "weights" else start
    source = _argument(call, "dataset")
    if place is None or source is None:
        fix = note("make the sampler from the {count} samples of the loader's data set", count=count)
        return case.finding("TW628", what, why=why, fix=fix, mend=built or call)
    here, value = code_of(source), value_of(case.flow, place)
    statement = place.source.statement_of(place.node)
    if isinstance(value, Dataset):
        change = replaced(
            place, place.node, here, least=statement if "\n" not in place.source.text(statement) else None
        )
    elif isinstance(data, Subset):
        is_list = isinstance(value, list | tuple)
        new = f"[{code_of(place)}[i] for i in {here}.indices]" if is_list else f"{code_of(place)}[{here}.indices]"
        change = replaced(place, place.node, new)
    else:
        fix = note("make {code} from the {count} samples of {data}", code=place.text, count=count, data=here)
        return case.finding("TW628", what, why=why, fix=fix, mend=place)
    return case.finding("TW628", what, why=why, fix=change.text, mend=change.mend)


def _whole(case: Case, start: Spot, size: int) -> Spot:
    """The expression that stands for all samples: the last one that reads them, before they were made."""
    spot, last = start, start
    for _ in range(DEEPEST):
        if isinstance(spot.node, ast.Name | ast.Attribute):
            last = spot
        if isinstance(spot.node, ast.Attribute) and count_of(case, value_of(case.flow, spot)) == size:
            return last  # data.labels: what is held of the whole is right
        before = case.flow.before(spot)
        parts = [before] if before is not None else _carriers(case, spot, size)
        if not parts or isinstance(value_of(case.flow, spot), Dataset):
            return last
        spot = parts[0]
    return last


def _carriers(case: Case, spot: Spot, size: int) -> list[Spot]:
    """The parts of an expression that have an entry for each sample."""
    node = spot.node
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return [spot.at(node.generators[0].iter, ())]
    if isinstance(node, ast.List) and not node.elts and (item := appended(spot, ())) is not None:
        here = item.source.parents.get(item.node)
        while here is not None and not isinstance(here, ast.For):
            here = item.source.parents.get(here)
        return [item.at(here.iter, ())] if here is not None else []
    parts = [node.value] if isinstance(node, ast.Attribute) else list(operands_of(node))
    parts += [node.slice] if isinstance(node, ast.Subscript) else []
    spots = [spot.at(part, ()) for part in parts if not isinstance(part, ast.Constant)]
    counted = [(part, count_of(case, value_of(case.flow, part))) for part in spots]
    return [part for part, count in counted if count == size] or [part for part, count in counted if count is None][:1]


def _of_positions(case: Case, call: Spot, sampler: Any, sizes: tuple[int, int], data: Any) -> Finding:
    """Positions in the whole for a loader of a part, or of a data set that left some out."""
    highest, count = sizes
    what = note(
        "the sampler draws sample {highest}, the data set of its loader has {count}", highest=highest, count=count
    )
    why = note("a sampler gives positions in the data set of its loader, here 0 to {last}", last=count - 1)
    source = _argument(call, "dataset")
    made = case.flow.born(source) if source is not None else None
    if made is not None and isinstance(made.node, ast.Subscript):  # random_split(...)[0]
        made = case.flow.born(made.at(made.node.value, ()))
    if source is None or made is None or call_name(made.node) not in ("Subset", "random_split"):
        built = _sampler_call(case, call, sampler)
        given = _argument(built, "indices") if built is not None else None
        if given is not None and source is not None:
            found = _of_the_whole(case, given, source, (what, why, highest), data)
            if found is not None:
                return found
        fix = note("the data set that the positions of the sampler are for")
        return case.finding("TW628", what, why=why, fix=fix, mend=source or call, sure=source is not None)
    whole = _argument(made, "dataset")
    change = replaced(source, source.node, code_of(whole) if whole is not None else "data", least=call.node)
    return case.finding("TW628", what, why=why, fix=change.text, mend=change.mend)


def _of_subset(case: Case, call: Spot, data: Subset[Any]) -> Finding | None:
    """A Subset with positions that its data set hasn't got: they were chosen among more samples."""
    count, highest = count_of(case, data.dataset), max(map(int, data.indices), default=-1)
    source = _argument(call, "dataset")
    made = case.flow.born(source) if source is not None else None
    if count is None or highest < count or made is None or call_name(made.node) != "Subset":
        return None
    what = note("the Subset takes sample {highest}, its data set has {count}", highest=highest, count=count)
    rule = note("a Subset gives positions in its data set, here 0 to {last}", last=count - 1)
    whole, given = _argument(made, "dataset"), keyword_of(made.node, "indices")  # type: ignore[arg-type]
    given = given or next(iter(made.node.args[1:]), None)  # type: ignore[attr-defined]
    if whole is None or given is None:
        return None
    return _of_the_whole(case, made.at(given, ()), whole, (what, rule, highest), data.dataset)


def _of_the_whole(
    case: Case, given: Spot, source: Spot, said: tuple[Words, Words, int], data: Any
) -> Finding | None:  # fmt: skip
    """Positions that were drawn among more samples than the data set kept: at the number or list that they are of."""
    what, rule, highest = said
    found = _counted(case, given, highest)
    if found is None:
        return None
    place, size = found
    new = f"len({code_of(source)})"
    if isinstance(place.node, NAMED) and not isinstance(value_of(case.flow, place), int):
        name = getattr(place.node, "attr", getattr(place.node, "id", ""))
        same = count_of(case, getattr(data, "__dict__", {}).get(name)) == count_of(case, data)
        new = f"{code_of(source)}.{name}" if same else ""
    if not new:
        why = note("{rule}; {code} has {size} entries", rule=rule, code=place.text, size=size)
        fix = note("choose among the {count} samples of {data}", count=count_of(case, data) or 0, data=source.text)
        return case.finding("TW628", what, why=why, fix=fix, mend=place)
    why = note("{rule}; {code} is {size}", rule=rule, code=place.text, size=size)
    if not new.startswith("len("):
        why = note("{rule}; {code} has {size} entries", rule=rule, code=place.text, size=size)
    change = replaced(place, place.node, new, least=place.source.parents.get(place.node))
    return case.finding("TW628", what, why=why, fix=change.text, mend=change.mend)


def _counted(case: Case, given: Spot, highest: int) -> tuple[Spot, int] | None:
    """What positions were drawn from: the nearest `len(...)` or list that is large enough, else the last number."""
    found: tuple[Spot, int] | None = None
    for spot in expressions_behind(case.flow, given):
        for node in walked(spot.node):
            part = spot.at(node, ())
            is_len = isinstance(node, ast.Call) and call_name(node) == "len"
            if not is_len and not isinstance(node, NAMED):
                continue
            value = value_of(case.flow, part)
            is_list = not is_len and part.frame is not None and not _are_positions(value)
            size = value if isinstance(value, int) else count_of(case, value) if is_list else None
            if is_len and size is None and isinstance(node, ast.Call) and node.args:
                size = count_of(case, value_of(case.flow, part.at(node.args[0], ())))
            if size is not None and highest < size <= 2 * highest + 2:
                if is_len or (is_list and not isinstance(value, int)):
                    return part, size
                found = part, size
    return found


def _are_positions(value: Any) -> bool:
    """Whether a list holds the positions 0 to n - 1 in some order."""
    items = value.tolist() if isinstance(value, Tensor) else value
    return isinstance(items, list | range) and set(map(str, items)) == set(map(str, range(len(items))))


RULES = (sampler_draws_too_high,)
