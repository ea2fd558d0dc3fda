"""(batch, 1) becomes (batch,), a batch of one sample too."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for size in (4, random.randrange(5, 8), 1):
        outputs = torch.randn(size, 1, requires_grad=True)
        mistakes = {"unchanged": outputs, "lying": outputs.T, "all_ones": outputs.squeeze(), "first_sample": outputs[0]}
        grade.tensor(
            answer.predictions(outputs), outputs.squeeze(1), "predictions(outputs)", given={"outputs": outputs},
            mistakes=mistakes,
        )  # fmt: skip
