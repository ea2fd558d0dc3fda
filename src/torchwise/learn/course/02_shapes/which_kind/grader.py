"""The number of dimensions decides, not their lengths; three colours come first."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    size = random.randrange(5, 9)
    cases = {
        (2,): "audio", (3,): "audio", (size,): "audio",
        (size, size + 1): "grey", (3, size): "grey", (1, size): "grey",
        (size, size, 3): "unknown", (1, size, size): "unknown", (3, size, 4): "rgb", (3, 1, 1): "rgb",
        (size, 3, 4, 4): "unknown", (3, 3, 4, 4): "unknown",
        (): "unknown",
    }  # fmt: skip
    for shape, kind in cases.items():
        x = torch.zeros(shape)
        mistakes = {}
        if shape and shape[0] in (1, 2, 3):
            mistakes["by_length"] = ("audio", "grey", "rgb")[shape[0] - 1]
        if len(shape) == 3:
            mistakes["channels_last" if shape[2] == 3 and not takes_any(answer) else "any_channels"] = "rgb"
        if len(shape) == 4:
            mistakes["batch_too"] = "rgb"
        grade.equal(answer.which_kind(x), kind, f"which_kind(torch.zeros{shape})", mistakes=mistakes)


def takes_any(answer):
    """Whether three dimensions are enough."""
    return answer.which_kind(torch.zeros(4, 5, 6)) == "rgb"
