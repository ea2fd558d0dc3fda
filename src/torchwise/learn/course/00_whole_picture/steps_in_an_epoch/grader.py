"""The short last batch counts, and nothing counts twice."""

import random

from torchwise.learn import grade


def graded(answer):
    size = random.randrange(2, 50)
    cases = [(10, 4), (12, 4), (1, 8), (2699, 32), (size * random.randrange(3, 20), size)]
    cases.append((size * random.randrange(3, 20) + random.randrange(1, size), size))
    for samples, batch in cases:
        called = f"num_steps({samples}, {batch})"
        actual = answer.num_steps(samples, batch)
        right, whole = -(-samples // batch), samples // batch
        grade.require(not isinstance(actual, float) or actual.is_integer(), "not_whole", called, actual=actual, expected=right)
        wrong = {"last_batch_lost": whole, "one_too_many": whole + 1}
        grade.equal(actual, right, called, mistakes=wrong)
