# message: mistake.by_train_loss
"""Which epoch's model is kept?"""


def best_epoch(train_losses: list[float], valid_losses: list[float]) -> int:
    """The number of the epoch whose model you would keep, counted from 0."""
    return train_losses.index(min(train_losses))


if __name__ == "__main__":
    print(best_epoch([0.9, 0.5, 0.3, 0.1], [1.0, 0.7, 0.6, 0.8]))
