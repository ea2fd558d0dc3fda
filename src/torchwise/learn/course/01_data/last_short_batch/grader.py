"""Nothing is lost, nothing comes twice, and a full last batch stays."""

import random

from torchwise.learn import grade


def graded(answer):
    size = random.randrange(3, 8)
    for samples, size in ((10, 4), (12, 4), (7, 1), (2, 5), (size * 3, size), (size * 3 + 1, size)):
        order = random.sample(range(samples), samples)
        cases = {True: cut(order, size, True), False: cut(order, size, False)}
        for drop_last in (False, True):
            called = f"batches(order, {size}, drop_last={drop_last})"
            kept = cases[False]
            places = list(range(samples)) if samples > 1 and order != list(range(samples)) else order
            mistakes = {
                "overlapping": [order[start : start + size] for start in range(samples)],
                "empty_one": [*kept, []],
                "places": cut(places, size, drop_last),
                "full_dropped" if len(kept[-1]) == size else "always_lost": kept[:-1],
            }
            groups = answer.batches(list(order), size, drop_last)
            right = cases[drop_last]
            mistakes.update({"never_dropped": kept} if drop_last else {})
            groups = listed(groups, called)
            is_inverted = not drop_last and len(kept[-1]) < size and groups == kept[:-1]
            if is_inverted and listed(answer.batches(list(order), size, True), called) == kept:
                mistakes = {"inverted": groups}
            grade.equal(groups, right, called, given={"order": order}, mistakes=mistakes)


def listed(groups, called):
    """The batches as lists, be they tensors, or come one at a time."""
    if groups is None or groups is ...:
        grade.equal(groups, [], called)
    groups = list(groups)
    is_cut = all(hasattr(group, "__iter__") for group in groups)
    grade.require(is_cut, "not_cut", called, actual=groups, expected="a list of lists")
    return [[int(index) for index in group] for group in groups]


def cut(order, size, drop_last):
    """The batches, one after another."""
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    return groups[:-1] if drop_last and len(groups[-1]) < size else groups
