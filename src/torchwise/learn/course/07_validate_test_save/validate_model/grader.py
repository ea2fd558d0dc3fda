"""The right number, in eval mode, nothing recorded, and the parameters left alone."""

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from torchwise.learn import grade


class Watched(nn.Module):
    """A linear model that notes how it is called."""

    def __init__(self):
        super().__init__()
        self.linear, self.modes, self.records = nn.Linear(3, 1), [], []

    def forward(self, inputs):
        self.modes.append(self.training)
        outputs = self.linear(inputs)
        self.records.append(outputs.requires_grad)
        return outputs


def graded(answer):
    called = "validate(model, loader, criterion, 'cpu')"
    for batch in (4, 6):
        inputs, targets = torch.randn(14, 3), torch.randn(14, 1)
        targets[-2:] += 4
        model = Watched()
        with torch.no_grad():
            outputs = model.linear(inputs)
            means = [nn.functional.mse_loss(o, t).item() for o, t in zip(outputs.split(batch), targets.split(batch), strict=True)]
            right = nn.functional.mse_loss(outputs, targets).item()
        actual = answer.validate(model, DataLoader(TensorDataset(inputs, targets), batch), nn.MSELoss(), "cpu")
        grade.number(
            actual, right, called, rtol=1e-4,
            mistakes={"mean_of_means": sum(means) / len(means), "not_divided": right * 14, "last_batch_only": means[-1]},
        )  # fmt: skip
        grade.require(not any(model.modes), "train_mode", called, actual="the model runs in train mode", expected="in eval mode")
        grade.require(not any(model.records), "records_gradients", called, actual="the outputs record gradients", expected="no_grad")
        grade.require(not isinstance(actual, Tensor), "a_tensor", called, actual=actual, expected=right)
