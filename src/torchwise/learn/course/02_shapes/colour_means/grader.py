"""One number for each colour, from all pixels of all images."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for size, height, width in ((2, 2, 2), (3, 4, 2), (1, 2, 3), (random.randrange(4, 7), 3, 3)):
        images = torch.rand(size, 3, height, width) + torch.tensor([0.0, 2.0, 7.0])[:, None, None] + torch.rand(size, 1, 1, 1)
        mistakes = {
            "per_image": images.mean(dim=(2, 3)),
            "everything": images.mean(),
            "reshaped": images.reshape(3, -1).mean(dim=1),
            "mean_image": images.mean(dim=0),
            "first_image": images[0].mean(dim=(1, 2)),
            "dims_kept": images.mean(dim=(0, 2, 3), keepdim=True),
            "batch_left": images.mean(dim=(1, 2, 3)),
        }
        grade.tensor(
            answer.colour_means(images), images.mean(dim=(0, 2, 3)), "colour_means(images)",
            given={"images": images}, mistakes=mistakes,
        )  # fmt: skip
