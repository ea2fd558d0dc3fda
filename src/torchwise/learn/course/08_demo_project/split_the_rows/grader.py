"""Every row once, by chance, and the same again."""

import torch

from torchwise.learn import grade


def graded(answer):
    for rows, fraction in ((50, 0.2), (37, 0.3)):
        train, valid = answer.split(rows, fraction, 7)
        called = f"split({rows}, {fraction}, seed=7)"
        count = int(rows * fraction)
        shown = {"actual": f"train {tuple(train.shape)}, valid {tuple(valid.shape)}", "expected": f"train ({rows - count},), valid ({count},)"}
        grade.require(len(train) != count or len(valid) == count, "swapped", called, **shown)
        grade.equal((len(train), len(valid)), (rows - count, count), f"the numbers of rows in {called}")
        ones, others = set(train.tolist()), set(valid.tolist())
        grade.require(len(ones) == len(train) and len(others) == len(valid), "twice", called, actual=sorted(train.tolist())[:12])
        grade.require(not ones & others, "in_both", called, actual=sorted(ones & others)[:12], expected="no row in both")
        grade.equal(sorted(ones | others), list(range(rows)), f"the rows of {called}")
        again = answer.split(rows, fraction, 7)
        grade.require(torch.equal(again[0], train) and torch.equal(again[1], valid), "not_the_same_again", called, actual=again[1], expected=valid)
        other = answer.split(rows, fraction, 8)[1]
        grade.require(set(other.tolist()) != others, "not_by_chance", called, actual="the same rows for another seed")
