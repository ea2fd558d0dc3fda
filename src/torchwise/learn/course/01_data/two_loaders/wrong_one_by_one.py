# message: mistake.batch_size
"""Two loaders: one to learn from, one to be tested with."""

from torch.utils.data import DataLoader, Dataset


def make_loaders(train_set: Dataset, test_set: Dataset, batch_size: int) -> tuple[DataLoader, DataLoader]:
    """A loader for training and one for testing."""
    return DataLoader(train_set, shuffle=True), DataLoader(test_set)


if __name__ == "__main__":
    import torch
    from torch.utils.data import TensorDataset

    train_loader, test_loader = make_loaders(TensorDataset(torch.arange(10)), TensorDataset(torch.arange(100, 105)), 4)
    print("train:", [batch.tolist() for (batch,) in train_loader])
    print("test: ", [batch.tolist() for (batch,) in test_loader])
