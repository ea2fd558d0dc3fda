"""Errors in the workers of a DataLoader: explained in the worker, where the frames are, and carried to the parent.

A worker sends only the text of its traceback; the findings travel beside it in the same ExceptionWrapper. With `spawn`
the worker is a fresh process, so its loop is a function of ours, found by its name, that prepares the process first.
"""

import sys
from functools import wraps
from typing import Any

from torchwise.doctor import recorder
from torchwise.finding import KEPT


def install() -> None:
    """Let errors in workers carry their findings."""
    from torch import _utils
    from torch.utils.data._utils import worker

    if hasattr(_utils.ExceptionWrapper.__init__, "_torchwise"):
        return
    original, reraise = _utils.ExceptionWrapper.__init__, _utils.ExceptionWrapper.reraise

    @wraps(original)
    def __init__(self: Any, exc_info: Any = None, where: str = "in background") -> None:
        exc_info = sys.exc_info() if exc_info is None else exc_info
        self.torchwise = _findings(exc_info[1])
        original(self, exc_info, where)  # type: ignore[no-untyped-call]

    @wraps(reraise)
    def with_findings(self: Any) -> None:
        try:
            reraise(self)  # type: ignore[no-untyped-call]
        except Exception as error:
            if getattr(self, "torchwise", None):
                setattr(error, KEPT, self.torchwise)
            raise

    __init__._torchwise, with_findings._torchwise = original, reraise  # type: ignore[attr-defined]
    _utils.ExceptionWrapper.__init__ = __init__  # type: ignore[method-assign]
    _utils.ExceptionWrapper.reraise = with_findings  # type: ignore[method-assign]
    worker_loop._torchwise = worker._worker_loop  # type: ignore[attr-defined]
    worker._worker_loop = worker_loop


def uninstall() -> None:
    """Leave torch as it was."""
    from torch import _utils
    from torch.utils.data._utils import worker

    for name in ("__init__", "reraise"):
        if (original := getattr(getattr(_utils.ExceptionWrapper, name), "_torchwise", None)) is not None:
            setattr(_utils.ExceptionWrapper, name, original)
    if worker._worker_loop is worker_loop:
        worker._worker_loop = worker_loop._torchwise  # type: ignore[attr-defined]


def worker_loop(*arguments: Any, **named: Any) -> Any:
    """The loop of a worker: torch's own, with the doctor in the process."""
    from torch.utils.data._utils import worker

    recorder.install()
    original = worker._worker_loop
    if original is worker_loop:  # a forked worker has everything already
        original = worker_loop._torchwise  # type: ignore[attr-defined]
    else:
        install()
    return original(*arguments, **named)


def _findings(error: BaseException | None) -> list[Any]:
    """The findings of an error; none if the doctor itself fails."""
    from torchwise.doctor.diagnose import diagnose  # heavy, and only needed once something has failed

    try:
        return [] if error is None else diagnose(error)
    except Exception:  # the doctor's own fault must not hide the user's error
        return []
