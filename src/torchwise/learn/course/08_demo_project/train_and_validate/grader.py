"""The losses of each epoch on the valid rows, and the weights of the best."""

import torch
from torch import nn

from torchwise.learn import grade


class Watched(nn.Module):
    """A linear model that notes on which rows and in which mode it runs, and its weights at the time."""

    def __init__(self, valid):
        super().__init__()
        self.linear, self.valid, self.seen = nn.Linear(3, 1), valid, []

    def forward(self, x):
        if x.shape == self.valid.shape and torch.equal(x, self.valid):
            self.seen.append((self.training, torch.is_grad_enabled(), self.linear.weight.detach().clone()))
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
    check_overfitted(answer)


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
