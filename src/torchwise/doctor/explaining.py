"""The doctor for code that runs already: around a block, for a whole session, in a notebook."""

import sys
from types import TracebackType
from typing import Any

from torchwise.doctor.launch import wait_for_torch
from torchwise.doctor.noting import attach


class explaining:  # in lower case, for it is used as a statement
    """Explain the error that leaves the block: the finding is added to the error as a note, which every printer shows.

    >>> with torchwise.explaining():
    ...     train()

    `explaining.install()` does so for every error that ends the program or a thread, or fails in a DataLoader's worker.
    """

    def __enter__(self) -> "explaining":
        """Watch torch from now on, so that layers built in the block are known by their lines."""
        wait_for_torch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Add the finding; the error goes on."""
        if isinstance(error, Exception):
            attach(error)

    @staticmethod
    def install() -> None:
        """Explain every error that ends the program, from now on. Calling it again changes nothing."""
        wait_for_torch()
        if getattr(sys.excepthook, "_torchwise", False):
            return
        theirs = sys.excepthook

        def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
            if isinstance(error, Exception):
                attach(error)
            theirs(kind, error, traceback)

        hook._torchwise = True  # type: ignore[attr-defined]
        sys.excepthook = hook


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext torchwise`: explain every error of a cell."""
    wait_for_torch()

    def handler(shell: Any, kind: Any, error: Any, traceback: Any, tb_offset: Any = None) -> None:
        attach(error)
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((Exception,), handler)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext torchwise`: leave errors as they are."""
    shell.set_custom_exc((), None)
