"""Numbers for objects that are known only weakly: modules, parameters, optimizers, loaders."""

import weakref
from dataclasses import dataclass, field
from typing import Any

from torchwise.rehearsal.watch.events import Key
from torchwise.rehearsal.watch.sites import Site


class Registry:
    """Gives each object a number, and the object back as long as it lives."""

    def __init__(self) -> None:
        self._keys: dict[int, tuple[weakref.ref[Any], Key]] = {}
        self._refs: list[weakref.ref[Any]] = []

    def __len__(self) -> int:
        return len(self._refs)

    def known(self, thing: Any) -> Key | None:
        """The number of an object, if it has one."""
        found = self._keys.get(id(thing))
        return found[1] if found is not None and found[0]() is thing else None

    def key(self, thing: Any) -> Key:
        """The number of an object, a new one if it is new."""
        found = self.known(thing)
        if found is not None:
            return found
        key, name = len(self._refs), id(thing)
        keys = self._keys

        def forget(gone: "weakref.ref[Any]") -> None:
            if (held := keys.get(name)) is not None and held[0] is gone:
                del keys[name]

        reference = weakref.ref(thing, forget)
        self._keys[name] = (reference, key)
        self._refs.append(reference)
        return key

    def get(self, key: Key) -> Any:
        """The object of a number; None if it is gone."""
        return self._refs[key]() if 0 <= key < len(self._refs) else None


@dataclass(kw_only=True)
class ModuleInfo:
    """What is known of a module. path: model.head.0, "" if no module that was called has it registered.

    own: the parameters it has itself; parameters: with those of its parts.
    """

    kind: str
    path: str = ""
    is_torch: bool = False
    is_root: bool = False
    own: tuple[Key, ...] = ()
    parameters: tuple[Key, ...] = ()
    built: Site | None = None
    copies: int = 1  # how often a list or a Sequential around it holds it, and nothing else
    settings: dict[str, Any] = field(default_factory=dict)  # its numbers, texts and yes or no: dim, p, batch_first


@dataclass(kw_only=True)
class ParameterInfo:
    """What is known of a parameter, and of any other leaf that gets gradients."""

    shape: tuple[int, ...]
    name: str = ""
    requires_grad: bool = True
    is_zero: bool = False  # all its values were 0 when it was first seen


@dataclass(kw_only=True)
class LoaderInfo:
    """What is known of a loader. indices: the samples of `data` (the id of the data set) that it draws from.

    held: the loader itself, kept for the rules that read samples once more.
    """

    num_batches: int | None
    is_default_collate: bool
    data: int
    indices: frozenset[int] | None
    held: Any = field(default=None, repr=False)
