"""Imported by the process that answers are forked from: torch, and what its first training step loads.

A cold first step takes seconds, most of them for what the optimizer imports.
"""

import torch
from torch import nn

import torchwise.learn.running  # noqa: F401  # all that grading needs
from torchwise.learn.survey import survey


def _first_step() -> None:
    """Train for one step, so that nothing is imported by a learner's first one."""
    layer = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.zeros(1, 2)).sum().backward()
    optimizer.step()


torch.set_num_threads(1)  # a forked process has only its own thread
_first_step()
survey()  # is kept
