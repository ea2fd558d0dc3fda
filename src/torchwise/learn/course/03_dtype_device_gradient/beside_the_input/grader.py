"""The same on the CPU and on another device; "meta" stands for a GPU."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for batch, time in ((2, 4), (3, 3), (random.randrange(2, 5), 5)):
        x = torch.randn(batch, time)
        rows = torch.arange(batch).unsqueeze(1) + x
        grade.tensor(
            answer.add_positions(x), x + torch.arange(time), "add_positions(x)", given={"x": x},
            mistakes={"from_one": x + torch.arange(1, time + 1), "rows": rows},
        )  # fmt: skip
        elsewhere = torch.empty(batch, time, device="meta")
        grade.tensor(answer.add_positions(elsewhere), elsewhere, 'add_positions(x.to("meta"))', given={"x": elsewhere})
