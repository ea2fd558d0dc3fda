"""DataLoaders that give their first batches and the last one, cut at the sampler, so that their length stays."""

import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset
from torch.utils.data import dataloader as torchs

from torchwise.rehearsal.running.activity import MOST_ACCUMULATED, Activity
from torchwise.rehearsal.running.loops import Loops
from torchwise.rehearsal.running.replacing import replacing

BATCHES = 3  # and the last
DRAWN_S = 2.0  # for drawing the rest of the indices
WORKERS = 2


@dataclass(eq=False)
class Used:
    """A loader that gave batches, and the indices of all samples that its latest round would have read."""

    loader: DataLoader[Any]
    indices: list[Any] = field(default_factory=list)


class Shortened:
    """A sampler of which only the first draws and the last are used."""

    def __init__(self, loader: DataLoader[Any], sampler: Iterable[Any], loaders: "Loaders") -> None:
        self.loader, self.sampler, self.loaders = loader, sampler, loaders
        self.positions: list[int] = []

    def __len__(self) -> int:
        return len(self.sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        activity = self.loaders.activity
        used = self.loaders.use(self.loader)
        backwards, steps = activity.backwards, activity.steps
        self.positions.clear()
        drawn = iter(self.sampler)
        for position, indices in enumerate(drawn):
            self.positions.append(position)
            used.indices.append(indices)
            yield indices
            is_accumulating = activity.backwards > backwards and activity.steps == steps
            enough = MOST_ACCUMULATED if is_accumulating else 1 if activity.is_slow else BATCHES
            if position + 1 >= enough and not self.loaders.is_whole:
                break
        else:
            return
        if isinstance(self.loader.dataset, IterableDataset):  # its last batch comes after all others only
            self.loaders.loops.cuts += 1
            return
        rest = self._rest(drawn)
        used.indices += rest
        if rest:
            self.positions.append(position + len(rest))
            self.loaders.loops.cuts += len(rest) > 1
            yield rest[-1]

    def _rest(self, drawn: Iterator[Any]) -> list[Any]:
        """What else would be drawn; none if that takes too long."""
        end = time.perf_counter() + DRAWN_S
        rest = []
        for indices in drawn:
            rest.append(indices)
            if time.perf_counter() > end:
                self.loaders.loops.cuts += 1
                return []
        return rest


class Loaders:
    """All loaders of a rehearsal."""

    def __init__(self, activity: Activity, loops: Loops) -> None:
        self.activity, self.loops = activity, loops
        self.is_whole = "inner" in loops.whole
        self.used: dict[int, Used] = {}

    def use(self, loader: DataLoader[Any]) -> Used:
        """Note that a loader begins a round."""
        if self.activity.is_here:
            self.activity.count("loaders")
        used = self.used[id(loader)] = Used(loader)
        return used

    @contextmanager
    def shortened(self) -> Iterator["Loaders"]:
        """Let all loaders be short in the block."""
        index_sampler: Any = DataLoader.__dict__["_index_sampler"]
        get_iterator = DataLoader._get_iterator
        following = torchs._BaseDataLoaderIter.__next__

        def short(loader: DataLoader[Any]) -> Shortened:
            return Shortened(loader, index_sampler.fget(loader), self)

        def iterator_of(loader: DataLoader[Any]) -> Any:
            with _few_workers(loader):
                return get_iterator(loader)

        def __next__(iterator: Any) -> Any:
            batch = following(iterator)
            positions = getattr(iterator._index_sampler, "positions", ())
            if self.activity.is_here and len(positions) >= iterator._num_yielded:
                self.loops.delivered += 1
                self.loops.position = positions[iterator._num_yielded - 1]
            return batch

        with replacing() as replacements:
            replacements.put(DataLoader, "_index_sampler", property(short))
            replacements.put(DataLoader, "_get_iterator", iterator_of)
            replacements.put(torchs._BaseDataLoaderIter, "__next__", __next__)
            yield self


@contextmanager
def _few_workers(loader: DataLoader[Any]) -> Iterator[None]:
    """Two forked workers at most, which read one batch ahead; none where they would be started afresh, unguarded."""
    before = {"num_workers": loader.num_workers, "prefetch_factor": loader.prefetch_factor}
    if loader.num_workers:
        is_forked = (loader.multiprocessing_context or torch.multiprocessing).get_start_method() == "fork"
        if is_forked:
            loader.num_workers, loader.prefetch_factor = min(loader.num_workers, WORKERS), 1
        else:
            loader.num_workers = 0
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(loader, name, value)


def flat(indices: Iterable[Any]) -> list[Any]:
    """The indices of samples in what a sampler gave: batches of them, or single ones."""
    return list(itertools.chain.from_iterable(part if isinstance(part, list | tuple) else [part] for part in indices))
