"""By the valid loss, whatever the train loss does."""

import random

from torchwise.learn import grade


def graded(answer):
    for _ in range(4):
        count = random.randrange(6, 12)
        best = random.randrange(1, count - 3)
        train = sorted((round(random.uniform(0.1, 1.0), 3) for _ in range(count)), reverse=True)
        valid = [round(0.5 + 0.1 * abs(epoch - best) + random.uniform(0, 0.04), 3) for epoch in range(count)]
        valid[0] = 2.0  # as it is before anything is learnt
        train[-2], train[-1] = train[-1] - 0.05, train[-2]  # the last epoch is not the best one by train loss either
        actual = answer.best_epoch(train, valid)
        called = "best_epoch(train_losses, valid_losses)"
        wrong = {
            "by_train_loss": count - 2, "last": count - 1, "the_loss_itself": min(valid),
            "largest": valid.index(max(valid)), "from_one": best + 1,
        }  # fmt: skip
        wrong = {name: value for name, value in wrong.items() if value != best}
        grade.equal(actual, best, called, given={"train_losses": train, "valid_losses": valid}, mistakes=wrong)
