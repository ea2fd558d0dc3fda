"""Where each module was built, noted while it happens: the calls of the user's that led to it, innermost first."""

import sys
import weakref
from functools import wraps
from types import CodeType, FrameType
from typing import Any

from torchwise.doctor.source import is_user_file

DEEPEST = 8  # calls of the user's: a layer in a block in a stage in a network is four
Call = tuple[CodeType, int]

_calls: dict[int, tuple["weakref.ref[Any]", tuple[Call, ...]]] = {}


def calls_of(module: object) -> tuple[Call, ...]:
    """The calls that built a module, the innermost first; empty if it was built unseen (or copied)."""
    found = _calls.get(id(module))
    return found[1] if found and found[0]() is module else ()


def install() -> None:
    """From now on note where modules are built. A few microseconds a module; nothing is kept alive."""
    from torch import nn

    original = nn.Module.__init__
    if hasattr(original, "_torchwise"):
        return

    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        _note(self, sys._getframe(1))
        original(self, *args, **kwargs)

    __init__._torchwise = original  # type: ignore[attr-defined]
    nn.Module.__init__ = __init__  # type: ignore[method-assign]


def uninstall() -> None:
    """Leave torch as it was."""
    from torch import nn

    if (original := getattr(nn.Module.__init__, "_torchwise", None)) is not None:
        nn.Module.__init__ = original  # type: ignore[method-assign]


def _note(module: Any, frame: FrameType | None) -> None:
    """Keep the user's calls above the `__init__` of a module."""
    key = id(module)
    calls: list[Call] = []
    while frame is not None and len(calls) < DEEPEST:
        code = frame.f_code
        if is_user_file(code.co_filename) and not _builds(frame, module):
            calls.append((code, frame.f_lasti))
        frame = frame.f_back
    _calls[key] = (weakref.ref(module, lambda _: _calls.pop(key, None)), tuple(calls))


def _builds(frame: FrameType, module: Any) -> bool:
    """Whether a frame is the module's own `__init__`, so that the call to it is the one that counts."""
    code = frame.f_code
    return code.co_name == "__init__" and bool(code.co_argcount) and frame.f_locals.get(code.co_varnames[0]) is module
