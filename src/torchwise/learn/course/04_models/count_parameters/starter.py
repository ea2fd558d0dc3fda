"""How large a model is."""

from torch import nn


def count_parameters(model: nn.Module) -> int:
    """How many numbers of the model are trained."""
    return len(list(model.parameters()))


if __name__ == "__main__":
    print(count_parameters(nn.Linear(32, 64)), "should be", 32 * 64 + 64)
