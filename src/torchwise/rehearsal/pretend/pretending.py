"""A GPU that isn't there: plain CPU tensors that are said to be on it, with its errors and its memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from torchwise.rehearsal.pretend.asking import Asking
from torchwise.rehearsal.pretend.labels import Labels
from torchwise.rehearsal.pretend.operating import Operating
from torchwise.rehearsal.pretend.surface import replacements
from torchwise.rehearsal.replacing import replaced

CONTEXT = 500 * 2**20  # bytes that CUDA's context takes of a card; a stated margin, not measured


class Pretended:
    """The pretended device. labels: what is on it; `seen()` shows the labels again after the rehearsal."""

    def __init__(self, device: torch.device, total: int, name: str) -> None:
        self.device, self.name = device, name
        self.labels = Labels(device, total, CONTEXT)

    @property
    def live(self) -> int:
        """The bytes allocated now."""
        return self.labels.live

    @property
    def peak(self) -> int:
        """The most bytes that were allocated at once."""
        return self.labels.peak

    @contextmanager
    def seen(self) -> Iterator[None]:
        """Tensors say again that they are on the device: for whoever explains an error after the rehearsal."""
        with Asking(self.labels):
            yield


@contextmanager
def pretending(kind: str = "cuda", total: int = 8 * 2**30, *, name: str = "pretended GPU") -> Iterator[Pretended]:
    """Make the program believe in a GPU of `total` bytes. At the end everything is as it was, also after an error.

    What watches operations as well is to be entered inside of this, so that torch's Python functions are seen once.
    """
    if kind != "cuda":
        raise ValueError(f"only cuda can be pretended, not {kind}")
    device = Pretended(torch.device("cuda", 0), total, name)
    with ExitStack() as stack:
        for owner, attribute, value in replacements(device.labels, name):
            stack.enter_context(replaced(owner, attribute, value))
        stack.enter_context(Operating(device.labels))
        stack.enter_context(Asking(device.labels))
        yield device
