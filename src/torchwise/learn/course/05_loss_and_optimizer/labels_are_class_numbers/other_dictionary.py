"""The labels that CrossEntropyLoss takes."""

import torch


def labels_of(names: list[str], classes: list[str]) -> torch.Tensor:
    """For each name its number in classes, as nn.CrossEntropyLoss wants them: (len(names),)."""
    numbers = {name: number for number, name in enumerate(classes)}
    return torch.tensor([numbers[name] for name in names], dtype=torch.int64)


if __name__ == "__main__":
    print(labels_of(["cat", "dog", "cat"], ["bird", "cat", "dog"]))
