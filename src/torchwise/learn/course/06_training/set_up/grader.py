"""Each of the four is what it should be, and the optimizer holds the parameters of this very model."""

import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from torchwise.learn import grade


def graded(answer):
    data = TensorDataset(torch.randn(40, 3), torch.randn(40, 1))
    for device in ("cpu", "meta"):
        loader, model, criterion, optimizer = answer.set_up(data, nn.Linear(3, 1), device)
        called = f"set_up(dataset, model, {device!r})"
        grade.require(isinstance(loader, DataLoader), "no_loader", called, actual=loader, expected="a DataLoader")
        grade.number(loader.batch_size, 16, "loader.batch_size")
        grade.require(isinstance(loader.sampler, RandomSampler), "not_shuffled", called)
        where = next(model.parameters()).device.type
        grade.require(where == device, "not_moved", called, actual=f"model on {where}", expected=f"model on {device}")
        grade.require(isinstance(criterion, nn.MSELoss), "loss_class", called, actual=criterion, expected=nn.MSELoss())
        held = [id(weight) for group in optimizer.param_groups for weight in group["params"]]
        grade.require(held == [id(weight) for weight in model.parameters()], "other_parameters", called)
        grade.number(optimizer.param_groups[0]["lr"], 0.1, "the learning rate of the optimizer")
