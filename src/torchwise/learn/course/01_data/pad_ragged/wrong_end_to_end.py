# message: mistake.end_to_end
"""A batch of words: the short ones are filled up to the longest."""

import torch
from torch import Tensor


def pad(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (batch, longest), filled with 0; lengths (batch,); labels (batch,). All int64."""
    lengths = torch.tensor([len(tokens) for tokens, label in samples])
    labels = torch.tensor([label for tokens, label in samples])
    padded = torch.zeros(len(samples), int(lengths.max()), dtype=torch.int64)
    for row, (tokens, label) in enumerate(samples):
        padded[row, : len(tokens)] = tokens
    return torch.cat([tokens for tokens, label in samples]), lengths, labels


if __name__ == "__main__":
    words = [(torch.tensor([3, 1, 20]), 0), (torch.tensor([8, 5, 12, 12, 15]), 1), (torch.tensor([9]), 1)]
    print(pad(words))
