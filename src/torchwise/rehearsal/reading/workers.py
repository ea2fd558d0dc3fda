"""Whether the workers of a loader draw the same random numbers: tried out with two workers, twice."""

import contextlib
import multiprocessing
import random
import sys
from typing import Any, Literal

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

Repeated = Literal["workers", "epochs", ""]
TRIED = 4  # samples of which the first that is random is looked at
LIMIT_S = 5.0


def repeated_draws(loader: Any) -> Repeated:
    """What gets the same random numbers: each worker, the workers of each epoch; "" if nothing does, or nothing is drawn.

    The data set is as the script left it: nothing else may have read from it in this process.
    """
    data = loader.dataset
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__") or not _can_fork():
        return ""
    with contextlib.suppress(Exception):  # whatever the data set says to other workers
        for index in range(min(len(data), TRIED)):
            first, second = _round(loader, index), _round(loader, index)
            if first[0] == first[2]:  # nothing random in it
                continue
            if first[:2] == second[:2]:
                return "workers" if first[0] == first[1] else "epochs"
            return ""
    return ""


def seeds_each_sample(data: Any) -> bool:
    """Whether reading any sample leaves a generator in one and the same state: it is seeded with a constant."""
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__") or len(data) < 2:
        return False
    before = _states()
    try:
        with contextlib.suppress(Exception):  # the script has read them, but maybe with something that is closed now
            after = []
            for index in (0, 1, len(data) - 1):
                torch.manual_seed(1000 + index), random.seed(1000 + index), np.random.seed(1000 + index)
                started = _states()
                data[index]
                after.append([None if one == other else one for one, other in zip(_states(), started, strict=True)])
            return any(one is not None and one == other == last for one, other, last in zip(*after, strict=True))
    finally:
        torch.set_rng_state(torch.frombuffer(bytearray(before[0]), dtype=torch.uint8))
        random.setstate(before[1])
        np.random.set_state(("MT19937", np.frombuffer(before[2][0], dtype=np.uint32), *before[2][1:]))
    return False


def _states() -> tuple[Any, Any, Any]:
    """The states of the three generators, as values that compare."""
    state: Any = np.random.get_state()
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), (state[1].tobytes(), *state[2:])


def _can_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform == "linux"


def _round(loader: Any, index: int) -> list[bytes]:
    """One sample read four times, by two workers in turn."""
    probe: DataLoader[Any] = DataLoader(
        loader.dataset, batch_size=1, sampler=[index] * 4, num_workers=2, collate_fn=_bytes, timeout=LIMIT_S,
        worker_init_fn=loader.worker_init_fn, multiprocessing_context="fork",
    )  # fmt: skip
    return list(probe)


def _bytes(batch: list[Any]) -> bytes:
    """The first part of a sample as bytes."""
    sample = batch[0]
    parts = (
        sample if isinstance(sample, tuple | list) else list(sample.values()) if isinstance(sample, dict) else [sample]
    )
    part = parts[0]
    return np.asarray(part).tobytes()
