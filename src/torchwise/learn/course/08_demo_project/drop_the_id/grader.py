"""Neither the id nor the target among the features."""

import torch

from torchwise.learn import grade


def graded(answer):
    for rows, columns in ((4, 5), (6, 4)):
        table = torch.randn(rows, columns)
        table[:, 0] = torch.arange(rows)
        names = ["id", *(f"c{number}" for number in range(columns - 2)), "target"]
        came_back = answer.features_and_target(names, table)
        given = {"table": table}
        x, y = came_back
        grade.tensor(
            x, table[:, 1:-1], "the features", given=given,
            mistakes={
                "id_among_features": table[:, :-1], "target_among_features": table[:, 1:], "rows_cut": table[1:, :-1],
                "one_too_many": table[:, 2:-1],
            },
        )  # fmt: skip
        grade.tensor(y, table[:, -1], "the target", given=given)
