# message: mistake.validate_once
"""Training, validation and testing take turns."""

from collections.abc import Callable


def run(num_epochs: int, train: Callable, validate: Callable, test: Callable) -> None:
    """Call train(), validate() and test(), each as often and in the order as a real training does."""
    for _ in range(num_epochs):
        train()
    validate()
    test()


if __name__ == "__main__":
    run(3, lambda: print("train"), lambda: print("validate"), lambda: print("test"))
