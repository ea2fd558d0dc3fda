"""The dimension that is summed over is the one that goes."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for days, shops in ((3, 3), (2, 4), (random.randrange(5, 8), 2)):
        sales = torch.randint(1, 50, (days, shops)).float()
        given = {"sales": sales}
        totals = {"other_dim": sales.sum(dim=0), "everything": sales.sum()}
        means = {"other_dim": sales.mean(dim=1), "everything": sales.mean()}
        grade.tensor(answer.total_per_day(sales), sales.sum(dim=1), "total_per_day(sales)", given=given, mistakes=totals)
        grade.tensor(answer.mean_per_shop(sales), sales.mean(dim=0), "mean_per_shop(sales)", given=given, mistakes=means)
