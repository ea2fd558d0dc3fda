"""The batches that loaders give: which loader, which pass, which batch of it, and what was in it."""

import hashlib
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils.data import Subset, dataloader, default_collate

from torchwise.rehearsal.watch.events import Batch, Key, Op
from torchwise.rehearsal.watch.facts import fact_of, stats_of
from torchwise.rehearsal.watch.mode import flat
from torchwise.rehearsal.watch.record import MOST_PARTS, Record
from torchwise.rehearsal.watch.registry import LoaderInfo
from torchwise.rehearsal.watch.sites import site_here

MOST_INDICES = 1_000_000
MOST_SAMPLES = 256  # of a batch, by which the same samples are known again


class Batches:
    """Notes batches as their loader gives them."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.turns: dict[Key, int] = {}
        self.numbers: dict[Key, int] = {}

    def made(self, original: Callable[..., Any], loader: Any, *args: Any, **kwargs: Any) -> None:
        """A loader is built."""
        original(loader, *args, **kwargs)
        key = self.record.loaders.key(loader)
        self.record.built["loader", key] = site_here()

    def next(self, original: Callable[..., Any], iterator: Any) -> Any:
        """The next batch of a loader's iterator."""
        loader = getattr(iterator, "_torchwise_loader", None)
        batch = original(iterator)
        self.record.safely(self._note, loader, batch)
        return batch

    def iterate(self, original: Callable[..., Any], loader: Any) -> Any:
        """A new pass over a loader."""
        iterator = original(loader)
        self.record.safely(self._begin, loader, iterator)
        return iterator

    def _begin(self, loader: Any, iterator: Any) -> None:
        key = self.record.loaders.key(loader)
        self.record.name_of("loader", loader, key)
        self.record.loader_info.setdefault(key, info_of(loader))
        self.turns[key] = self.turns.get(key, -1) + 1
        self.numbers[key] = -1
        if isinstance(iterator, dataloader._BaseDataLoaderIter):
            iterator._torchwise_loader = loader  # type: ignore[attr-defined]

    def _note(self, loader: Any, batch: Any) -> None:
        if loader is None:
            return
        key = self.record.loaders.key(loader)
        self.numbers[key] = self.numbers.get(key, -1) + 1
        tensors = [item for item in flat(batch) if isinstance(item, Tensor)][:MOST_PARTS]
        ops = []
        event = self.record.add(
            Batch, loader=key, turn=self.turns.get(key, 0), number=self.numbers[key], tensors=(),
            samples=hashes(tensors[0]) if tensors else (),
        )  # fmt: skip
        for part, tensor in enumerate(tensors):
            op = Op(name="batch", fact=fact_of(tensor), site=event.site, at=event.at, part=part,
                    stats=stats_of(tensor), batch=event.at, born=self.record.known(tensor))  # fmt: skip
            self.record.ops.append(op)
            self.record.remember(tensor, op)
            ops.append(op)
        object.__setattr__(event, "tensors", tuple(ops))


def info_of(loader: Any) -> LoaderInfo:
    """What is known of a loader: which samples of which data set it draws from."""
    data = loader.dataset
    sampler = getattr(loader, "sampler", None)
    indices: Any = getattr(sampler, "indices", None)
    if indices is None:
        indices = range(len(data)) if hasattr(data, "__len__") and len(data) <= MOST_INDICES else None
    while isinstance(data, Subset):
        indices = None if indices is None else [data.indices[int(index)] for index in indices]
        data = data.dataset
    return LoaderInfo(
        num_batches=len(loader) if hasattr(loader.dataset, "__len__") else None,
        is_default_collate=loader.collate_fn is default_collate, data=id(data),
        indices=None if indices is None else frozenset(int(index) for index in indices), held=loader,
    )  # fmt: skip


def hashes(tensor: Tensor) -> tuple[int, ...]:
    """A hash of each sample of a batch."""
    if not tensor.dim() or tensor.device.type == "meta":
        return ()
    rows = tensor.detach().cpu()[:MOST_SAMPLES]
    return tuple(_hash(row.contiguous().numpy().tobytes()) for row in rows)


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
