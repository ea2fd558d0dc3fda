"""One number for many."""


def total(values):
    """Give the sum."""
    ...
