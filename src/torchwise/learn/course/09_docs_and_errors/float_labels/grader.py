"""The same loss as with int64 labels."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for batch, classes in ((4, 3), (6, 5)):
        model, inputs = nn.Linear(4, classes), torch.randn(batch, 4)
        labels = torch.randperm(batch).remainder(classes)
        labels[0] = classes - 1
        logits = model(inputs)
        smoothed = nn.functional.one_hot(labels, classes).float().softmax(1)
        mistakes = {"other_labels": nn.functional.cross_entropy(logits, labels.sort().values), "smoothed": nn.functional.cross_entropy(logits, smoothed)}
        grade.tensor(
            answer.first_loss(model, inputs, labels.tolist()), nn.functional.cross_entropy(logits, labels),
            f"first_loss(model, inputs, {labels.tolist()})", mistakes=mistakes,
        )  # fmt: skip
