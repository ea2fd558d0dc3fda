"""Streams, events and generators of a pretended GPU: all work is done at once, so waiting takes no time."""

import time
from types import SimpleNamespace
from typing import Any

import torch


class Stream:
    """A queue of work; here everything is done when it is asked for."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.device = torch.device("cuda", 0)
        self.cuda_stream = 0

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def query(self) -> bool:
        """Whether all is done."""
        return True

    def synchronize(self, *_: Any) -> None:
        """Nothing to wait for; so are the other ways of waiting."""

    wait_stream = wait_event = synchronize

    def record_event(self, event: "Event | None" = None) -> "Event":
        """The event, at this moment."""
        event = event or Event()
        event.record()
        return event


class Event:
    """A moment, by the clock of the CPU."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.moment = time.perf_counter()

    def record(self, *_: Any) -> None:
        """Now."""
        self.moment = time.perf_counter()

    def elapsed_time(self, end: "Event") -> float:
        """Milliseconds to another event."""
        return (end.moment - self.moment) * 1000

    def query(self) -> bool:
        """Whether it has happened."""
        return True

    def synchronize(self, *_: Any) -> None:
        """Nothing to wait for."""

    wait = synchronize


class DeviceGuard:
    """torch.cuda.device(0): there is but one."""

    def __init__(self, *_: Any) -> None:
        self.idx = 0

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: Any) -> None:
        return None


def properties(name: str, total: int) -> SimpleNamespace:
    """What torch.cuda.get_device_properties gives."""
    return SimpleNamespace(name=name, total_memory=total, major=8, minor=6, multi_processor_count=24, is_integrated=0)
