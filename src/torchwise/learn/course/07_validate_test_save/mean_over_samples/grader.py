"""Every sample counts once, in the short last batch too."""

import random

from torchwise.learn import grade


def graded(answer):
    for full, last in ((4, 2), (16, 3)):
        sizes = [full, full, full, last]
        losses = [round(random.uniform(0.1, 1.0), 3) for _ in sizes[:-1]] + [round(random.uniform(5.0, 9.0), 3)]
        total = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
        grade.number(
            answer.dataset_loss(losses, sizes), total / sum(sizes), "dataset_loss(batch_losses, batch_sizes)",
            given={"batch_losses": losses, "batch_sizes": sizes},
            mistakes={
                "first_size": sum(losses) / len(losses), "not_divided": total, "by_batches": total / len(sizes),
                "unweighted": sum(losses) / sum(sizes),
            },
        )  # fmt: skip
