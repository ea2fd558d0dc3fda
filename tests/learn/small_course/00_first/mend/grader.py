"""One number."""

from torchwise.learn import grade


def graded(answer):
    """Compare."""
    grade.number(answer.result, 3, "result")
