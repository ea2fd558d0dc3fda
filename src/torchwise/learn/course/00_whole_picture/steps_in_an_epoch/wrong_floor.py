# message: mistake.last_batch_lost
"""How many batches, and so how many steps of the optimizer, one epoch has."""


def num_steps(num_samples: int, batch_size: int) -> int:
    return num_samples // batch_size


if __name__ == "__main__":
    print(num_steps(2699, 32))
