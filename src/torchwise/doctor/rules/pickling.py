"""Something can't be pickled for a worker process: a lambda, a function or class within a function, an open file."""

import io
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.attributes import assignments
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.source import class_node, function_node, is_user_file, read_source
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Words
from torchwise.texts import note

UNPICKLED = re.compile(
    r"[Cc]an'?t (?:get|pickle)|[Cc]annot (?:be )?pickle|not picklable|cannot be pickled|no default __reduce__|PicklingError"
)
DEEPEST = 7
MOST = 4000  # objects that are looked at
OPENED = ("TextIOWrapper", "BufferedReader", "File", "Connection", "lock", "RLock", "generator", "Cursor", "socket", "Environment",
          "Transaction", "module", "_io", "Lock", "VideoCapture", "ZipFile", "SpooledTemporaryFile", "map", "zip")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Culprit:
    """What can't be pickled: the thing, the object that holds it, and under which name."""

    thing: Any
    owner: Any
    name: str


def worker_cannot_be_sent(case: Case) -> Iterator[Finding]:
    """TW904: a process that is not forked gets its objects as pickles."""
    frame = next((f for f in reversed(case.frames) if f.function == "dump" and "reduction" in f.file), None)
    if frame is None or not UNPICKLED.search(f"{type(case.error).__name__} {case.text}"):
        return
    process = frame.locals.get("obj")
    method = type(process).__name__.removesuffix("Process").lower() or "spawn"
    found = _unpicklable(process)
    why = note("by {method} a worker starts as a fresh process: it gets the data set, the transforms and the collate_fn as pickles",
               method=method)  # fmt: skip
    if found is None:
        what = note("something that a worker needs can't be pickled: {error}", error=case.text.strip().splitlines()[0])
        yield case.finding("TW904", what, why=why, fix="num_workers=0", sure=False)
        return
    name = _label(found)
    what = note("{name} can't be pickled for a worker process, which is made by {method}", name=name, method=method)
    change = _mended(found)
    if change is None:
        yield case.finding("TW904", what, why=why)
        return
    yield case.finding("TW904", what, why=why, fix=change.text, mend=change.mend)


def _label(found: Culprit) -> Words:
    holder = type(found.owner).__name__ if found.owner is not None else ""
    thing = found.thing
    where = f"{holder}.{found.name}" if holder and found.name else found.name or holder
    if isinstance(thing, types.FunctionType):
        if thing.__name__ == "<lambda>":
            return note("the lambda of {where}", where=where)
        return note("the function {name}, which is defined within a function,", name=thing.__name__)
    if isinstance(thing, type):
        return note("the class {name}, which is defined within a function,", name=thing.__name__)
    return note("{where}, a {kind},", where=where, kind=type(thing).__name__)


def _unpicklable(root: Any) -> Culprit | None:
    """The first thing within an object that pickle refuses, by going through what it holds."""
    met: set[int] = set()
    waiting: list[tuple[Any, Any, str, int]] = [(root, None, "", 0)]
    while waiting and len(met) < MOST:
        thing, owner, name, depth = waiting.pop(0)
        if id(thing) in met or depth > DEEPEST or isinstance(thing, str | bytes | int | float | Tensor | type(None)):
            continue
        met.add(id(thing))
        if depth and type(thing).__module__.split(".")[0] == "multiprocessing":  # sent in ways of its own
            continue
        if (refused := _refused(thing)) is not None:
            return Culprit(refused, owner, name)
        waiting += [(item, owner_of, key, depth + 1) for item, owner_of, key in _held(thing, owner, name)]
    return None


def _refused(thing: Any) -> Any:
    """The thing that pickle refuses: itself, or its class."""
    if isinstance(thing, types.FunctionType):
        return thing if "<" in thing.__qualname__ else None
    if isinstance(thing, type):
        return thing if "<locals>" in thing.__qualname__ else None
    if isinstance(thing, io.IOBase | types.GeneratorType | types.ModuleType) or type(thing).__name__ in OPENED:
        return None if type(thing).__module__.startswith("torch") else thing
    if "<locals>" in type(thing).__qualname__ and is_user_file(_file_of(type(thing))):
        return type(thing)
    return None


def _file_of(cls: type) -> str:
    return next((value.__code__.co_filename for value in vars(cls).values() if hasattr(value, "__code__")), "<frozen")


def _held(thing: Any, owner: Any, name: str) -> Iterator[tuple[Any, Any, str]]:
    """What an object holds, with the object and the name it is held under."""
    if isinstance(thing, dict):
        yield getattr(thing, "default_factory", None), owner, name
        for key, value in list(thing.items())[:200]:
            yield value, owner, str(key) if isinstance(key, str) else name
        return
    if isinstance(thing, list | tuple | set | frozenset):
        for value in list(thing)[:50]:
            yield value, owner, name
        return
    if isinstance(thing, types.MethodType):
        yield thing.__self__, owner, name
        return
    if hasattr(thing, "func") and hasattr(thing, "args") and hasattr(thing, "keywords"):  # a partial
        yield from ((item, owner, name) for item in (thing.func, *thing.args, *thing.keywords.values()))
        return
    for key, value in list(getattr(thing, "__dict__", {}).items())[:200]:
        yield value, thing, key


def _mended(found: Culprit) -> Change | None:
    """The line of the lambda, of the local definition, or where the file was opened."""
    thing = found.thing
    if isinstance(thing, types.FunctionType):
        source, scope = read_source(thing.__code__.co_filename), function_node(thing.__code__)
        if source is None or scope is None:
            return None
        text: Words = note("a function defined with def at the top level of the file")
        if thing.__name__ != "<lambda>":
            text = note("def {name} at the top level of the file", name=thing.__name__)
        return at_line(Spot(source, scope), text)
    if isinstance(thing, type):
        node = class_node(thing)
        return (
            at_line(Spot(*node), note("class {name} at the top level of the file", name=thing.__name__))
            if node
            else None
        )
    where = assignments(found.owner, found.name) if found.owner is not None else []
    if where:
        return at_line(
            where[0].spot, note("self.{name} = None here, and open it in __getitem__, in each worker", name=found.name)
        )
    return None


RULES = (worker_cannot_be_sent,)
