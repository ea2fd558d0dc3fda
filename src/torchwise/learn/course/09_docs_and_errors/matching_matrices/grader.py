"""Each query with each item."""

import torch

from torchwise.learn import grade


def graded(answer):
    for num_queries, num_items, features in ((4, 3, 5), (2, 4, 4)):
        queries, items = torch.randn(num_queries, features), torch.randn(num_items, features)
        right = queries @ items.T
        grade.tensor(
            answer.scores(queries, items), right, "scores(queries, items)", given={"queries": queries, "items": items},
            mistakes={"reshaped": queries @ items.reshape(features, num_items), "other_way": right.T.contiguous()},
        )
