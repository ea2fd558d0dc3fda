"""Errors that end a thread: explained like those that end the program."""

import sys
import threading
from typing import Any

_original: Any = None  # Python's own hook, or the user's


def install() -> None:
    """Let the hook for threads explain first; a hook that was set before is called as ever."""
    global _original
    if threading.excepthook is not _explain:
        _original, threading.excepthook = threading.excepthook, _explain


def uninstall() -> None:
    """Leave Python as it was."""
    if threading.excepthook is _explain:
        threading.excepthook = _original


def _explain(arguments: Any) -> None:
    """Add the findings to the error, then let it be printed."""
    if arguments.exc_value is not None and "torch" in sys.modules:
        from torchwise.doctor.noting import attach

        attach(arguments.exc_value)
    _original(arguments)
