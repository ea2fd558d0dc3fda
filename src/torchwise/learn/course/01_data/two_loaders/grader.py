"""The train loader mixes, the test loader keeps order and every row."""

import random

import torch
from torch.utils.data import DataLoader, TensorDataset

from torchwise.learn import grade

CALLED = "make_loaders(train_set, test_set, {size})"


def graded(answer):
    for size in (4, random.randrange(5, 8)):
        train, test = torch.arange(size * random.randrange(4, 7) + 1), torch.arange(100, 101 + 2 * size)
        loaders = answer.make_loaders(TensorDataset(train), TensorDataset(test), size)
        called = CALLED.format(size=size)
        if loaders is None or loaders is ...:
            grade.equal(loaders, (), called)
        is_pair = isinstance(loaders, tuple | list) and len(loaders) == 2
        is_pair = is_pair and all(isinstance(loader, DataLoader) for loader in loaders)
        grade.require(is_pair, "no_pair", called, actual=loaders, expected="(train_loader, test_loader)")
        trained, again, tested = (batches(loaders[place]) for place in (0, 0, 1))
        check_batches(f"{called}[0]", trained, train.tolist(), size, test)
        check_batches(f"{called}[1]", tested, test.tolist(), size, train)
        check_test(f"{called}[1]", tested, test.tolist())
        check_train(f"{called}[0]", trained, again, train.tolist(), size)


def batches(loader):
    """The rows of each batch of one epoch."""
    return [batch.tolist() for (batch,) in loader]


def joined(groups):
    """The rows of all batches in a row."""
    return [row for group in groups for row in group]


def check_batches(called, groups, rows, size, other):
    """The right rows in batches of the right size."""
    is_other = bool(joined(groups)) and set(joined(groups)) <= set(other.tolist())
    grade.require(not is_other, "swapped", called, actual=groups, expected=f"rows {rows[0]} to {rows[-1]}")
    lengths = [len(group) for group in groups]
    is_right = all(length == size for length in lengths[:-1]) and lengths[-1] <= size
    grade.require(is_right, "batch_size", f"the length of a batch of {called}", actual=lengths, expected=str(size))


def check_test(called, groups, rows):
    """All rows, in order."""
    seen = joined(groups)
    grade.require(sorted(seen) == seen, "test_shuffled", called, actual=groups, expected="the rows in order")
    grade.require(seen == rows, "test_dropped", called, actual=groups, expected=f"rows {rows[0]} to {rows[-1]}")


def check_train(called, groups, again, rows, size):
    """All rows but for a dropped batch, each once, in another order at each epoch."""
    seen = joined(groups)
    grade.require(seen != sorted(seen), "train_in_order", called, actual=groups, expected="a random order")
    grade.require(joined(again) != seen, "train_in_order", f"the second epoch of {called}", actual=again, expected="another order")
    kept = len(rows) // size * size
    grade.equal(len(set(seen)), kept if len(seen) == kept else len(rows), f"the number of different rows in an epoch of {called}")
