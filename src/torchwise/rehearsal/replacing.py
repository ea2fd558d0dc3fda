"""One attribute replaced for a while, and put back exactly as it was."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """`owner.name` is `value` meanwhile; what had no such attribute of its own has none afterwards."""
    own = vars(owner)
    # The defaults of a function, say, are no entry of its own: its type keeps them, and takes them back.
    is_kept_by_type = hasattr(inspect.getattr_static(type(owner), name, None), "__set__")
    had = name in own or is_kept_by_type
    before = getattr(owner, name) if is_kept_by_type else own.get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)
