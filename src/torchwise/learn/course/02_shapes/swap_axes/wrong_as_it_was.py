# message: mistake.unchanged
"""An image from (height, width, channels) to (channels, height, width)."""

import torch


def channels_first(image: torch.Tensor) -> torch.Tensor:
    image.permute(2, 0, 1)
    return image


if __name__ == "__main__":
    image = torch.arange(12).reshape(2, 2, 3)
    print(channels_first(image))
