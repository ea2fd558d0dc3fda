"""An order cut into batches."""


def batches(order: list[int], batch_size: int, drop_last: bool) -> list[list[int]]:
    """The indices in groups of batch_size. drop_last: leave the last one out if it is short."""
    number = len(order) // batch_size if drop_last else (len(order) + batch_size - 1) // batch_size
    return [order[batch * batch_size : (batch + 1) * batch_size] for batch in range(number)]


if __name__ == "__main__":
    print(batches([4, 0, 3, 1, 2], 2, drop_last=False))
    print(batches([4, 0, 3, 1, 2], 2, drop_last=True))
