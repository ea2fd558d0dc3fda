"""The means and deviations are those of the train rows, column by column."""

import torch

from torchwise.learn import grade


def scaled(x, rows, dim=0):
    """The rows by the mean and deviation of others."""
    std = rows.std(dim) if dim is not None else rows.std()
    return (x - (rows.mean(dim) if dim is not None else rows.mean())) / torch.where(std == 0, 1.0, std)


def graded(answer):
    for features in (3, 4):
        train, valid, test = (torch.randn(rows, features) * 5 + shift for rows, shift in ((8, 3), (5, 4), (6, 2)))
        for part in (train, valid, test):
            part[:, 1] = 7.0
        every = torch.cat([train, valid, test])
        came_back = answer.scale(train, valid, test)
        for name, part, actual in zip(("train", "valid", "test"), (train, valid, test), came_back, strict=True):
            grade.tensor(
                actual, scaled(part, train), f"the {name} rows of scale(x_train, x_valid, x_test)", given={f"x_{name}": part},
                mistakes={"leaks": scaled(part, every), "each_alone": scaled(part, part), "one_for_all": scaled(part, train, None)},
            )
