"""A program that fails."""

import torch

result = (torch.ones(2, 3) @ torch.ones(3, 1))[0].item()
