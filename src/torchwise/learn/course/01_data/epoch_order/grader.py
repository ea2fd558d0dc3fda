"""Every index once; another order each time, but only if it is asked for."""

import random

from torchwise.learn import grade


def graded(answer):
    for samples in (5, 1, random.randrange(20, 30)):
        called = f"epoch_order({samples}, shuffle=False)"
        order, right = listed(answer.epoch_order(samples, False), called), list(range(samples))
        is_shuffled = order != right and sorted(order) == right
        grade.require(not is_shuffled, "always_shuffled", called, actual=order, expected=right)
        from_one, one_lost = list(range(1, samples + 1)), right[:-1]
        grade.equal(order, right, called, mistakes={"from_one": from_one, "one_lost": one_lost})
    samples = random.randrange(20, 30)
    called = f"epoch_order({samples}, shuffle=True)"
    first, again = (listed(answer.epoch_order(samples, True), called) for _ in range(2))
    in_order = list(range(samples))
    is_all = set(first) <= set(in_order) and len(first) == samples
    repeated = is_all and len(set(first)) < samples
    grade.require(not repeated, "drawn_twice", f"sorted({called})", actual=sorted(first), expected=in_order)
    grade.equal(sorted(first), in_order, f"sorted({called})")
    grade.require(first != in_order, "never_shuffled", called, actual=first, expected="another order")
    grade.require(first != again, "same_again", f"the second {called}", actual=again, expected="another order")


def listed(order, called):
    """The order as a list of numbers: a tensor or a range of them will do."""
    if not hasattr(order, "__iter__"):
        grade.equal(order, [], called)
    return order.tolist() if hasattr(order, "tolist") else list(order)
