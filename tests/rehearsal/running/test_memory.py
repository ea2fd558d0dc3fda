"""What a check says of the memory: a batch that fills the GPU fails at its line, unmade, and what fits is said."""

from pathlib import Path

import pytest

from torchwise.errors import Problem
from torchwise.rehearsal.running.devices import USUAL, Card, device_of
from torchwise.rehearsal.running.process import rehearse
from torchwise.rehearsal.running.rendering import rendered

NET = """
import torch
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = self.first(x)
        x = self.second(x)
        return self.head(x.mean((2, 3)))


device = "cuda" if torch.cuda.is_available() else "cpu"
batch_size = 256
images, labels = torch.randn(batch_size, 3, 96, 96), torch.randint(0, 10, (batch_size,))
model = Net().to(device)
"""
TRAINED = """
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss()
images, labels = images.to(device), labels.to(device)
for epoch in range(10):
    loss = criterion(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
RUN = "\nwith torch.no_grad():\n    print(model(images.to(device)).argmax(1))\n"


def checked(text, device):
    Path("train.py").write_text(NET + text)
    return rehearse("train.py", device=device)


@pytest.mark.slow
def test_a_batch_that_fills_the_gpu_fails_at_its_line_and_what_fits_is_said():
    answer = checked(TRAINED, "cuda:2GiB")  # each layer and each ReLU gives 576 MiB
    finding = answer.failure[0]
    assert answer.status == 1 and finding.sure and finding.code in ("TW301", "TW304")
    assert finding.where.line == NET[: NET.index("x = self.second(x)")].count("\n") + 1
    facts = answer.memory["facts"]
    assert facts["trains"] and facts["batch"] == 256 and facts["peak"] > 2 * 2**30
    assert 100 < facts["largest_batch"] < 256
    names = [choice["name"] for choice in facts["choices"]]
    assert names[0] == "accumulation" and "autocast" in names
    text = rendered(answer, width=60)
    assert f"largest batch that fits: {facts['largest_batch']} (" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 90 and "\u00a0" not in text
    assert "a batch of 256 ran with its first" in text


@pytest.mark.slow
def test_a_large_batch_that_fits_is_computed_for_its_first_samples_only():
    answer = checked(TRAINED, "RTX 4060")
    assert (answer.status, answer.failure) == (0, ())
    facts = answer.memory["facts"]
    assert facts["total"] == 8 * 2**30 and facts["largest_batch"] > 256
    assert list(facts["phases"]) == ["forward", "backward", "step"]
    assert "a batch of 256 ran with its first" in answer.memory["lines"][-1]


@pytest.mark.slow
def test_a_run_without_gradients_needs_less():
    answer = checked(RUN, "cuda:3GiB")
    assert answer.status == 0
    assert answer.memory["facts"]["peak"] < 2 * 2**30 and not answer.memory["facts"]["trains"]


def test_cards_go_by_their_names_and_a_close_one_is_suggested():
    assert device_of("cpu") is None
    assert device_of("cuda") == Card("pretended GPU", USUAL)
    assert device_of("cuda:14.76GiB").total == int(14.76 * 2**30)
    assert device_of("cuda:0:16GiB").total == 16 * 2**30
    assert device_of("nvidia geforce rtx4060") == Card("RTX 4060", 8 * 2**30)
    with pytest.raises(Problem) as caught:
        device_of("RTX 4061")
    assert "RTX 4060" in caught.value.fix
    with pytest.raises(Problem, match="knows no device cuda:1"):
        device_of("cuda:1")
