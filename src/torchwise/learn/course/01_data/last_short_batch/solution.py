"""An order cut into batches."""


def batches(order: list[int], batch_size: int, drop_last: bool) -> list[list[int]]:
    """The indices in groups of batch_size. drop_last: leave the last one out if it is short."""
    groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if drop_last and len(order) % batch_size != 0:
        groups.pop()
    return groups


if __name__ == "__main__":
    print(batches([4, 0, 3, 1, 2], 2, drop_last=False))
    print(batches([4, 0, 3, 1, 2], 2, drop_last=True))
