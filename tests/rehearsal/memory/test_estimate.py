"""The memory of a step, and the largest batch."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from torchwise.rehearsal.memory.advice import fits, largest
from torchwise.rehearsal.memory.estimate import Step, estimate, tape_of

sys.path.insert(0, str(Path(__file__).parent))
from nets import resnet18

CARD = int(14.76 * 2**30)


def test_a_linear_layer_worked_out_by_hand():
    model = nn.Linear(256, 128, bias=False)  # 131072 bytes
    step = Step(model=model, loss=F.mse_loss, optimizer=torch.optim.Adam(model.parameters(), foreach=False))
    found = estimate(step, (torch.ones(2, 256), torch.ones(2, 128)))
    assert found.parts["weights"] == found.parts["gradients"] == 131072
    assert found.parts["inputs"] == 2048 + 1024
    assert found.phase == "step" and found.peak >= 4 * 131072
    assert model.weight.device.type == "cpu" and not step.optimizer.state and model.weight.grad is None


def test_the_tutorials_resnet18_on_its_card():
    model = resnet18()
    batch = (torch.empty(2, 3, 244, 244), torch.zeros(2, dtype=torch.long))
    kept, without = Step(model=model), Step(model=model, records=False)
    assert not fits(estimate(kept, batch, 2048), CARD)
    assert estimate(kept, batch, 2048).phase == "forward"
    assert not fits(estimate(without, batch, 2048), CARD)  # just: 15.9 GiB
    assert fits(estimate(kept, batch, 512), CARD)
    assert estimate(without, batch, 512).peak < estimate(kept, batch, 512).peak / 3
    most = largest(tape_of(kept, batch), CARD)
    assert fits(most, CARD) and not fits(estimate(kept, batch, most.batch + 1), CARD)
    assert largest(tape_of(without, batch), CARD).batch > 3 * most.batch
