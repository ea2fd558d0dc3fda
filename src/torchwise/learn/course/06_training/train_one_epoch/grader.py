"""The parameters after the epoch are those of the same steps, done here."""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from torchwise.learn import grade


def graded(answer):
    called = "train_epoch(model, loader, criterion, optimizer, 'cpu')"
    for batch in (4, 5):
        data = TensorDataset(torch.randn(12, 3), torch.randn(12, 1))
        model = nn.Linear(3, 1).eval()
        ends = {kind: trained(model, data, batch, kind) for kind in ("right", "not_zeroed", "last_only", "first_only")}
        before = model.weight.detach().clone()
        answer.train_epoch(model, DataLoader(data, batch), nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), "cpu")
        weight = model.weight.detach()
        grade.require(not torch.equal(weight, before), "never_changed", called, actual=weight, expected=ends["right"])
        grade.require(model.training, "eval_mode", called, actual="model.training is False", expected="True")
        grade.tensor(
            weight, ends["right"], f"model.weight after {called}", rtol=1e-4,
            mistakes={"not_zeroed": ends["not_zeroed"], "one_step": ends["last_only"], "one_batch": ends["first_only"]},
        )  # fmt: skip
    moved = []
    answer.train_epoch(Recording(moved), [(Batch("cpu", moved), Batch("cpu", moved))], lambda *_: Loss(), Nothing(), "there")
    shown = {"actual": f"the model gets a batch on {moved[0] if moved else '-'}", "expected": "a batch on 'there'"}
    grade.require(moved == ["there"], "not_moved", called.replace("cpu", "there"), **shown)


def trained(model, data, batch, kind):
    """The weight after an epoch, or after one with a mistake in it."""
    model = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batches = list(DataLoader(data, batch))
    for number, (inputs, targets) in enumerate(batches):
        if kind != "not_zeroed":
            optimizer.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        if kind != "last_only" or number == len(batches) - 1:
            optimizer.step()
        if kind == "first_only":
            break
    return model.weight.detach()


class Batch:
    """Knows where it is."""

    def __init__(self, device, moved):
        self.device, self.moved = device, moved

    def to(self, device, *_, **__):
        return Batch(device, self.moved)


class Recording(nn.Module):
    """Notes where the batches are that it gets."""

    def __init__(self, moved):
        super().__init__()
        self.moved = moved

    def forward(self, batch):
        self.moved.append(batch.device)
        return batch


class Loss:
    """Has no graph."""

    def backward(self):
        pass


class Nothing:
    """An optimizer without parameters."""

    def zero_grad(self, *_, **__):
        pass

    def step(self):
        pass
