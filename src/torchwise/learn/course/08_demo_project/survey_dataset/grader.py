"""One sample, and batches of a loader, in both cases."""

import torch
from torch.utils.data import DataLoader

from torchwise.learn import grade


def graded(answer):
    for rows in (5, 6):
        x, y = torch.randn(rows, 3), torch.randn(rows)
        data = answer.SurveyDataset(x, y)
        sample = data[2]
        is_pair = isinstance(sample, tuple | list) and len(sample) == 2
        grade.require(is_pair or sample is None or sample is ..., "no_answer", "SurveyDataset(x, y)[2]", actual=sample, expected="(x[2], y[2])")
        if not is_pair:
            grade.tensor(sample, x[2], "SurveyDataset(x, y)[2]")
        grade.tensor(sample[0], x[2], "SurveyDataset(x, y)[2][0]")
        shown = sample[1].unsqueeze(0) if isinstance(sample[1], torch.Tensor) and sample[1].dim() == 0 else sample[1]
        grade.tensor(shown, y[2:3], "SurveyDataset(x, y)[2][1], as a batch of one")
        without = answer.SurveyDataset(x)[1]
        grade.require(not isinstance(without, tuple | list), "none_in_batch", "SurveyDataset(x)[1]", actual=without, expected=x[1])
        grade.tensor(without, x[1], "SurveyDataset(x)[1]")
        batches = list(DataLoader(answer.SurveyDataset(x, y), batch_size=4))
        grade.tensor(batches[0][1], y[:4], "the targets of the first batch")
