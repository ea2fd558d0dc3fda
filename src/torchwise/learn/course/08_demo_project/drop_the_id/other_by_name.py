"""What the model may see, and what it shall say."""

import torch


def features_and_target(names: list[str], table: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The features (rows, columns - 2), without the id, and the target (rows,), which is the last column.

    The first column is called "id".
    """
    kept = [place for place, name in enumerate(names[:-1]) if name != "id"]
    return table[:, kept], table[:, -1]


if __name__ == "__main__":
    x, y = features_and_target(["id", "a", "b", "target"], torch.arange(8.0).reshape(2, 4))
    print(x, y)
