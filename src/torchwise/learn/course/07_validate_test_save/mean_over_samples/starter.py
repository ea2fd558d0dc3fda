"""From the losses of batches to the loss of a data set."""


def dataset_loss(batch_losses: list[float], batch_sizes: list[int]) -> float:
    """The mean loss over all samples. Each batch loss is the mean over the samples of its batch."""
    return sum(batch_losses) / len(batch_losses)


if __name__ == "__main__":
    # the samples have the losses 0 to 9, in batches of 4, 4 and 2
    print(dataset_loss([1.5, 5.5, 8.5], [4, 4, 2]))
