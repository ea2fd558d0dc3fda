# message: mistake.not_three
"""A batch of words: the short ones are filled up to the longest."""

import torch
from torch import Tensor


def pad(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (batch, longest), filled with 0; lengths (batch,); labels (batch,). All int64."""
    padded = torch.nn.utils.rnn.pad_sequence([tokens for tokens, label in samples], batch_first=True)
    return padded, torch.tensor([label for _, label in samples])


if __name__ == "__main__":
    words = [(torch.tensor([3, 1, 20]), 0), (torch.tensor([8, 5, 12, 12, 15]), 1), (torch.tensor([9]), 1)]
    print(pad(words))
