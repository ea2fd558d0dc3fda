"""The losses of each epoch on the valid rows, and the weights of the best."""

import copy

import torch
from torch import nn

from torchwise.learn import grade


class Watched(nn.Module):
    """A linear model that notes on which rows and in which mode it runs, and its weights at the time."""

    def __init__(self, valid):
        super().__init__()
        self.linear, self.valid, self.seen, self.trains = nn.Linear(3, 1), valid, [], []

    def forward(self, x):
        if x.shape == self.valid.shape and torch.equal(x, self.valid):
            self.seen.append((self.training, torch.is_grad_enabled(), self.linear.weight.detach().clone()))
        else:
            self.trains.append(self.training)
        return self.linear(x).squeeze(1)


def graded(answer):
    for epochs in (4, 6):
        x, y = torch.randn(40, 3), 5 * torch.randn(40)
        valid_x, valid_y = torch.randn(9, 3), 5 * torch.randn(9)
        model = Watched(valid_x)
        losses = answer.fit(model, (x, y), (valid_x, valid_y), num_epochs=epochs, batch_size=8, lr=0.05)
        called = "fit(model, train, valid, ...)"
        grade.require(len(model.seen) == epochs, "train_loss", called, actual=f"{len(model.seen)} runs on the valid rows", expected=f"{epochs}")
        grade.require(not any(training for training, _, _ in model.seen), "train_mode", called, actual="valid rows in train mode")
        learnt = any(records for _, records, _ in model.seen)
        grade.require(not learnt, "learnt_from_valid", called, actual="gradients of the valid rows", expected="none")
        numbers = all(isinstance(loss, float) for loss in losses)
        grade.require(numbers, "no_numbers", called, actual=[type(loss).__name__ for loss in losses[:2]], expected="floats")
        weights = [weight for _, _, weight in model.seen]
        best = losses.index(min(losses))
        mistakes = {"last_weights": weights[-1]}
        if best != epochs - 1:
            grade.tensor(model.linear.weight.detach(), weights[best], "model.linear.weight after fit", mistakes=mistakes)
        grade.equal(all(model.trains), True, "model.training while the train rows run")
    check_overfitted(answer)
    check_steps(answer)


def check_steps(answer):
    """All rows in one batch: whatever their order, the weights after each epoch are those of torch's optimizer."""
    x, y = torch.randn(20, 3), 5 * torch.randn(20)
    model = Watched(torch.randn(9, 3))
    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.05, momentum=0.9)
    answer.fit(model, (x, y), (model.valid, torch.randn(9)), num_epochs=4, batch_size=20, lr=0.05)
    for epoch, (_, _, weight) in enumerate(model.seen, start=1):
        optimizer.zero_grad()
        nn.functional.mse_loss(twin(x), y).backward()
        optimizer.step()
        called = f"model.linear.weight after epoch {epoch}, all rows in one batch"
        grade.tensor(weight, twin.linear.weight.detach().clone(), called, rtol=1e-3, atol=1e-4)


def check_overfitted(answer):
    """With rows that contradict the train rows the first epoch is the best one."""
    x = torch.randn(30, 3)
    y = x.sum(1) * 3
    model = Watched(x[:9].clone())
    losses = answer.fit(model, (x, y), (model.valid, -y[:9]), num_epochs=5, batch_size=8, lr=0.02)
    weights = [weight for _, _, weight in model.seen]
    mistakes = {"last_weights": weights[-1]}
    grade.equal(losses.index(min(losses)), 0, "the best epoch where valid contradicts train")
    grade.tensor(model.linear.weight.detach(), weights[0], "model.linear.weight after fit", mistakes=mistakes)
