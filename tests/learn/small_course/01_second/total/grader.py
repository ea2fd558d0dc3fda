"""Numbers of several lengths."""

import random

from torchwise.learn import grade


def graded(answer):
    """Compare."""
    for length in (3, 1, 6):
        values = [random.randrange(2, 9) for _ in range(length)]
        grade.number(answer.total(values), sum(values), "total(values)", given={"values": values})
