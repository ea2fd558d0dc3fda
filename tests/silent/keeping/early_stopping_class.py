# code: TW753
# numbers: -
# about: an EarlyStopping class keeps the best weights in an attribute, by a shallow copy of the dict
import torch
from torch import nn


class EarlyStopping:
    def __init__(self, patience=3):
        self.patience, self.bad, self.best_loss = patience, 0, float("inf")
        self.best_weights = None

    def update(self, loss, net):
        if loss < self.best_loss:
            self.best_loss, self.bad = loss, 0
            self.best_weights = net.state_dict().copy()  # <- culprit
            # mended: self.best_weights = {name: value.clone() for name, value in net.state_dict().items()}
        else:
            self.bad += 1
        return self.bad >= self.patience


torch.manual_seed(3)
x, noise = torch.linspace(-2, 2, 160).unsqueeze(1), torch.randn(160, 1) * 0.2
y = torch.sin(2 * x) + noise
order = torch.randperm(160)
fit_rows, held_rows = order[:120], order[120:]
net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
stopper = EarlyStopping()
for epoch in range(12):
    for start in range(0, 120, 40):
        rows = fit_rows[start : start + 40]
        loss = nn.functional.mse_loss(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        val = nn.functional.mse_loss(net(x[held_rows]), y[held_rows]).item()
    if stopper.update(val, net):
        break
net.load_state_dict(stopper.best_weights)
print("best", stopper.best_loss)
