"""All numbers that are trained, and only these: no frozen ones, no buffers."""

import random

from torch import nn

from torchwise.learn import grade


def graded(answer):
    wide = random.randrange(5, 9)
    frozen = nn.Linear(wide, 4).requires_grad_(False)
    models = [
        nn.Sequential(nn.Linear(4, wide), nn.ReLU(), nn.Linear(wide, 1)),
        nn.Sequential(nn.Linear(3, wide), nn.BatchNorm1d(wide), frozen, nn.Linear(4, 2)),
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(wide, 3)),
    ]
    for model in models:
        trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        expected = sum(p.numel() for _, p in trained)
        grade.number(
            answer.count_parameters(model), expected, "count_parameters(model)", given={"model": model},
            mistakes={
                "tensors": len(trained),
                "frozen_too": sum(p.numel() for p in model.parameters()),
                "buffers_too": sum(value.numel() for value in model.state_dict().values()),
                "only_weights": sum(p.numel() for name, p in trained if "weight" in name),
                "rows": sum(len(p) for _, p in trained),
                "twice": 2 * expected,
            },
        )  # fmt: skip
