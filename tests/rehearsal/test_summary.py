"""The summary of a model."""

import torch
from torch import nn

from torchwise.rehearsal.summary import epoch_seconds, summarize


def test_a_small_network_worked_out_by_hand():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    model[2].requires_grad_(False)
    found = summarize(model, torch.ones(2, 4), 16)
    assert (found.trainable, found.frozen) == (40, 18)
    assert found.flops == 2 * 16 * (4 * 8 + 8 * 2)
    rows = {row.name: row for row in found.rows}
    # ReLU keeps its own output for backward, so that of the first layer is let go.
    assert rows["0"].shape == (16, 8) and rows["0"].flops == 2 * 16 * 4 * 8 and rows["1"].activations == 512


def test_the_first_step_does_not_count():
    assert epoch_seconds([9.0, 1.0, 2.0, 1.0], 10) == 10.0
