# message: mistake.read_backwards
"""An image from (height, width, channels) to (channels, height, width)."""

import torch


def channels_first(image: torch.Tensor) -> torch.Tensor:
    return image.permute(1, 2, 0)


if __name__ == "__main__":
    image = torch.arange(12).reshape(2, 2, 3)
    print(channels_first(image))
