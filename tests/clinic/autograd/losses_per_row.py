# code: TW507
# numbers: 24
# about: without the robust trimming the losses of the rows are returned as they are: 24 values, no mean before backward
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CRITERIA = {"mse": nn.MSELoss, "l1": nn.L1Loss, "huber": nn.SmoothL1Loss}


class Experiment:
    def __init__(self, loss="huber", robust=False, width=20):
        self.criterion = self.make_criterion(loss)
        self.robust = robust
        self.net = nn.Sequential(nn.Linear(6, width), nn.ELU(), nn.Linear(width, width), nn.ELU(), nn.Linear(width, 1))
        self.optim = torch.optim.Adam(self.net.parameters(), lr=4e-3)

    @staticmethod
    def make_criterion(name):
        return CRITERIA[name](reduction="none")  # <- or here

    def reduce(self, losses):
        if self.robust:
            keep = losses <= losses.detach().quantile(0.9)
            return losses[keep].mean()
        return losses  # <- culprit
        # mended: return losses.mean()

    def train_step(self, readings, target):
        estimate = self.net(readings).squeeze(dim=1)
        loss = self.reduce(self.criterion(estimate, target))
        self.optim.zero_grad()
        loss.backward()
        self.optim.step()
        return loss.detach()

    @torch.no_grad()
    def test(self, readings, target):
        self.net.eval()
        losses = self.criterion(self.net(readings).squeeze(dim=1), target)
        self.net.train()
        return losses.mean().item(), losses.max().item()


def sensor_data(n):
    readings = torch.randn(n, 6)
    target = readings[:, 0] * readings[:, 1] + torch.sin(readings[:, 2]) + 0.05 * torch.randn(n)
    target[:: n // 10] += 5.0
    return readings, target


if __name__ == "__main__":
    torch.manual_seed(0)
    train = DataLoader(TensorDataset(*sensor_data(120)), batch_size=24, shuffle=True)
    held_out = sensor_data(50)
    for robust in (True, False):
        experiment = Experiment("huber", robust=robust)
        for epoch in range(2):
            for readings, target in train:
                experiment.train_step(readings, target)
        mean, worst = experiment.test(*held_out)
        print(f"robust={robust}: mean {mean:.3f} worst {worst:.3f}")
