"""One number for many."""


def total(values):
    """Give the sum."""
    return sum(values)
