"""Attributes replaced for a while, and put back whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Replacements:
    """What was replaced, so that it can be put back, the latest first."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> Any:
        """Replace an attribute; what it was."""
        before = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
        self._before.append((owner, name, before))
        setattr(owner, name, value)
        return before

    def undo(self) -> None:
        """Put everything back."""
        while self._before:
            owner, name, before = self._before.pop()
            setattr(owner, name, before)


@contextmanager
def replacing() -> Iterator[Replacements]:
    """Replacements that end with the block."""
    replacements = Replacements()
    try:
        yield replacements
    finally:
        replacements.undo()
