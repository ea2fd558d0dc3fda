"""A state dict against a model: nested, with another prefix, with missing or surplus keys, with other sizes."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

MISMATCH = re.compile(
    r"size mismatch for (\S+?): copying a param with shape (?:torch\.Size\()?[\[(]([\d, ]*)[\])]\)? from checkpoint, "
    r"the shape in current model is (?:torch\.Size\()?[\[(]([\d, ]*)[\])]"
)
WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.", "encoder.")


@dataclass(frozen=True)
class Size:
    """A weight whose size differs: its key, its shape in the file and in the model."""

    key: str
    saved: tuple[int, ...]
    built: tuple[int, ...]


@dataclass(frozen=True)
class Difference:
    """What differs between a state dict and a model."""

    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = field(default=())


def keys_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """The keys that a model's state dict has, with the shapes."""
    found = {name: tuple(p.shape) for name, p in model.named_parameters(remove_duplicate=False)}
    for path, part in model.named_modules(remove_duplicate=False):
        for name, buffer in part._buffers.items():
            if buffer is not None and name not in part._non_persistent_buffers_set:
                found[f"{path}.{name}".lstrip(".")] = tuple(buffer.shape)
    return found


def difference(model: nn.Module, given: dict[str, Any]) -> Difference:
    """The keys and sizes that differ."""
    built = keys_of(model)
    saved = {key: tuple(value.shape) for key, value in given.items() if isinstance(value, Tensor)}
    extra = {key for key in given if key.endswith("_extra_state")}
    sizes = tuple(Size(key, saved[key], built[key]) for key in saved if key in built and saved[key] != built[key])
    surplus = tuple(key for key in given if key not in built and key not in extra)
    return Difference(tuple(key for key in built if key not in given), surplus, sizes)


def nested_key(model: nn.Module, given: dict[str, Any]) -> str | None:
    """The key under which the weights lie, in a dictionary around them."""
    built = set(keys_of(model))
    best, most = None, 0
    for key, value in given.items():
        if not isinstance(value, dict):
            continue
        inner = {str(name) for name in value}
        hits = max((len({strip + name for name in inner} & built) for strip in ("",)), default=0)
        hits = hits or sum(any(name.endswith(one) for one in built) for name in inner)
        if hits > most:
            best, most = str(key), hits
    return best if most and most * 2 >= len(built) else None


def prefix_of(longer: set[str], shorter: set[str]) -> str | None:
    """The prefix that all of `longer` have before the names of `shorter`; None if there is none."""
    counts: Counter[str] = Counter()
    for key in longer:
        parts = key.split(".")
        for depth in range(1, len(parts)):
            if ".".join(parts[depth:]) in shorter:
                counts[".".join(parts[:depth]) + "."] += 1
                break
    if not counts:
        return None
    prefix, count = counts.most_common(1)[0]
    return prefix if count * 10 >= 8 * len(longer) else None


def renamed(difference: Difference, model: nn.Module, given: dict[str, Any]) -> dict[str, str]:
    """How the file's names of modules map to the model's, if the missing and the surplus keys fit one to one."""
    built = keys_of(model)
    names: dict[str, str] = {}
    missing = list(difference.missing)
    for key in difference.surplus:
        value = given.get(key)
        shape = tuple(value.shape) if isinstance(value, Tensor) else None
        last = key.rpartition(".")[2]
        fitting = [name for name in missing if name.rpartition(".")[2] == last and built[name] == shape]
        if not fitting:
            return {}
        missing.remove(fitting[0])
        old, new = _differing(key, fitting[0])
        if names.setdefault(old, new) != new:
            return {}
    return names if names and not missing else {}


def _differing(old: str, new: str) -> tuple[str, str]:
    """The parts of two keys that differ, without what they have in common at the end."""
    ours, theirs = old.split("."), new.split(".")
    while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    return ".".join(ours), ".".join(theirs)


def sizes_in(text: str) -> list[Size]:
    """The size mismatches that an error tells of."""
    return [
        Size(match[1], _shape(match[2]), _shape(match[3])) for match in MISMATCH.finditer(text)
    ]  # fmt: skip


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",") if size.strip())


def heads(keys: tuple[str, ...]) -> list[str]:
    """The modules that keys belong to: fc for fc.weight and fc.bias."""
    return list(dict.fromkeys(key.rpartition(".")[0] or key for key in keys))
