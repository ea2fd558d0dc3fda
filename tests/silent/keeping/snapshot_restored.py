# code: TW753
# numbers: -
# about: the snapshot of the best epoch is a dict of the living weights
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Run:
    def __init__(self):
        self.model = nn.Sequential(nn.Linear(5, 20), nn.ReLU(), nn.Linear(20, 1))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05)
        self.best = {"loss": float("inf")}

    def snapshot(self):
        return {name: value.detach() for name, value in self.model.named_parameters()}  # <- culprit
        # mended: return {name: value.detach().clone() for name, value in self.model.named_parameters()}

    def epoch(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            nn.functional.mse_loss(self.model(x), y).backward()
            self.optimizer.step()

    def judge(self, x, y):
        with torch.no_grad():
            loss = nn.functional.mse_loss(self.model(x), y).item()
        if loss < self.best["loss"]:
            self.best = {"loss": loss, "weights": self.snapshot()}


torch.manual_seed(0)
x = torch.randn(120, 5)
y = x[:, :1] * x[:, 1:2]
run = Run()
for _ in range(3):
    run.epoch(DataLoader(TensorDataset(x[:80], y[:80]), 20, shuffle=True))
    run.judge(x[80:], y[80:])
run.model.load_state_dict(run.best["weights"])
