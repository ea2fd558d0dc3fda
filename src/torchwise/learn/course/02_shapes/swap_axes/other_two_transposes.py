"""An image from (height, width, channels) to (channels, height, width)."""

import torch


def channels_first(image: torch.Tensor) -> torch.Tensor:
    return image.transpose(0, 2).transpose(1, 2)


if __name__ == "__main__":
    image = torch.arange(12).reshape(2, 2, 3)
    print(channels_first(image))
