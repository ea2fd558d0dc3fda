"""The pixels are where they belong, for images of any size, square ones too."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    size = random.randrange(3, 6)
    for height, width, channels in ((2, 4, 3), (5, 4, 1), (1, 6, 2), (3, 3, 3), (size, size, 3)):
        image = torch.randint(0, 256, (height, width, channels))
        mistakes = {
            "reshaped": image.reshape(channels, height, width),
            "swapped": image.transpose(0, 2),
            "read_backwards": image.permute(1, 2, 0),
            "unchanged": image,
        }
        grade.tensor(
            answer.channels_first(image), image.permute(2, 0, 1), "channels_first(image)", given={"image": image},
            mistakes=mistakes,
        )  # fmt: skip
