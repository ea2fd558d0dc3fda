"""Many attributes replaced for a while, and put back whatever happens."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torchwise.rehearsal.replacing import replaced


class Replacements:
    """What was replaced, so that it can be put back, the latest first."""

    def __init__(self) -> None:
        self._before = ExitStack()

    def put(self, owner: Any, name: str, value: Any) -> Any:
        """Replace an attribute; what it was."""
        before = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
        self._before.enter_context(replaced(owner, name, value))
        return before

    def undo(self) -> None:
        """Put everything back."""
        self._before.close()


@contextmanager
def replacing() -> Iterator[Replacements]:
    """Replacements that end with the block."""
    replacements = Replacements()
    try:
        yield replacements
    finally:
        replacements.undo()
