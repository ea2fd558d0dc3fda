# message: mistake.per_image
"""The mean of each colour, over a whole batch of images."""

import torch
from torch import Tensor


def colour_means(images: Tensor) -> Tensor:
    """images: (batch, 3, height, width). Gives (3,): the mean of red, of green and of blue."""
    return images.mean(dim=(2, 3))


if __name__ == "__main__":
    images = torch.zeros(2, 3, 2, 2)
    images[:, 1] = 0.5
    images[0, 2] = 1.0
    print(colour_means(images), "0, 0.5 and 0.5 are right")
