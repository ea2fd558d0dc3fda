"""A limit of time for code that is not ours."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def time_limit(limit_s: float, over: type[BaseException]) -> Iterator[None]:
    """Raise `over` in the block when its time is over, and again each second, should the code catch it.

    Where the system has no such timer (Windows) there is no limit: whoever waits must end the process.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: Any) -> None:
        raise over

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
