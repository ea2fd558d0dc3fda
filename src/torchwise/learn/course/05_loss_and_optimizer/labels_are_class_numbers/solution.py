"""The labels that CrossEntropyLoss takes."""

import torch


def labels_of(names: list[str], classes: list[str]) -> torch.Tensor:
    """For each name its number in classes, as nn.CrossEntropyLoss wants them: (len(names),)."""
    return torch.tensor([classes.index(name) for name in names])


if __name__ == "__main__":
    print(labels_of(["cat", "dog", "cat"], ["bird", "cat", "dog"]))
