"""A batch of words: the short ones are filled up to the longest."""

import torch
from torch import Tensor


def pad(samples: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (batch, longest), filled with 0; lengths (batch,); labels (batch,). All int64."""
    longest = max(len(tokens) for tokens, label in samples)
    rows = [tokens.tolist() + [0] * (longest - len(tokens)) for tokens, label in samples]
    lengths = [len(tokens) for tokens, label in samples]
    labels = [label for tokens, label in samples]
    return torch.tensor(rows), torch.tensor(lengths), torch.tensor(labels)


if __name__ == "__main__":
    words = [(torch.tensor([3, 1, 20]), 0), (torch.tensor([8, 5, 12, 12, 15]), 1), (torch.tensor([9]), 1)]
    print(pad(words))
