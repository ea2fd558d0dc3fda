"""The pixels are where they belong, for images of any size."""

import torch

from torchwise.learn import grade


def graded(answer):
    for height, width, channels in ((2, 3, 3), (5, 4, 1), (1, 6, 2)):
        image = torch.randint(0, 256, (height, width, channels))
        grade.tensor(
            answer.channels_first(image), image.permute(2, 0, 1), "channels_first(image)", given={"image": image},
            mistakes={"reshaped": image.reshape(channels, height, width), "swapped": image.transpose(0, 2)},
        )  # fmt: skip
