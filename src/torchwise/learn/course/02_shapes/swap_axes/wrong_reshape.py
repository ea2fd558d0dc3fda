# message: mistake.reshaped
"""An image from (height, width, channels) to (channels, height, width)."""

import torch


def channels_first(image: torch.Tensor) -> torch.Tensor:
    return image.reshape(image.shape[2], image.shape[0], image.shape[1])


if __name__ == "__main__":
    image = torch.arange(12).reshape(2, 2, 3)
    print(channels_first(image))
