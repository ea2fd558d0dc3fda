"""Samples of a batch that influence each other through a view or a reshape."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.rehearsed import Rehearsed


def mixed_samples(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A change of one sample changes the outputs of others."""
    yield from ()


RULES = (mixed_samples,)
