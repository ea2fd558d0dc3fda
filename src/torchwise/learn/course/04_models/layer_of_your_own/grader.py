"""Both are parameters that begin as they should, and are used as they should."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for num_features in (3, random.randrange(4, 8)):
        called = f"ScaleAndShift({num_features})"
        layer = answer.ScaleAndShift(num_features)
        parameters = list(layer.parameters())
        shapes = [tuple(p.shape) for p in parameters]
        shown = {"actual": f"parameters {shapes}", "expected": f"parameters {[(num_features,)] * 2}"}
        grade.require(len(parameters) == 2, "not_learnt", called, **shown)
        grade.require(all(p.numel() == num_features for p in parameters), "one_for_all", called, **shown)
        grade.require(all(p.requires_grad for p in parameters), "frozen", called, **shown)
        starts = [p.detach().unique().tolist() for p in parameters]
        shown = {"actual": [p.detach().clone() for p in parameters], "expected": "ones and zeros"}
        grade.require(sorted(starts) == [[0.0], [1.0]], "start", called, **shown)
        scale, shift = parameters if starts[0] == [1.0] else reversed(parameters)
        scale.data.normal_(), shift.data.normal_()
        x = torch.randn(4, num_features)
        grade.tensor(
            layer(x), x * scale + shift, f"{called}.forward(x)", given={"x": x, "scale": scale, "shift": shift},
            mistakes={"shift_first": (x + shift) * scale, "no_shift": x * scale},
        )  # fmt: skip
