"""Watching a script's training while it runs: what happened, as a list of plain facts; nothing of it is left behind."""

from torchwise.rehearsal.watch.patches import watching
from torchwise.rehearsal.watch.record import Record

__all__ = ["Record", "watching"]
