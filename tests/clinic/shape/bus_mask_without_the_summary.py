# code: TW209
# numbers: 21 20
# about: the model puts a summary token in front of the 20 stops, the mask of closed stops is made for the stops only
import torch
import torch.nn as nn

STOPS = 20


class Attend(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x, hidden):
        weights = self.q(x) @ self.k(x).transpose(1, 2) / x.size(-1) ** 0.5
        weights = weights.masked_fill(hidden[:, None, :], -1e9)
        return weights.softmax(-1) @ self.v(x)


class DelayModel(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.enter = nn.Linear(3, dim)
        self.summary = nn.Parameter(torch.randn(1, 1, dim))
        self.attend = Attend(dim)
        self.minutes = nn.Linear(dim, 1)

    def forward(self, stops, hidden):
        x = self.enter(stops)
        x = torch.cat([self.summary.expand(x.size(0), -1, -1), x], dim=1)
        return self.minutes(self.attend(x, hidden)[:, 0]).squeeze(-1)


def nothing_hidden(batch):
    return torch.zeros(batch, STOPS, dtype=torch.bool)  # <- culprit
    # mended: return torch.zeros(batch, STOPS + 1, dtype=torch.bool)


torch.manual_seed(0)
model = DelayModel()
opt = torch.optim.Adam(model.parameters())
for _ in range(3):
    stops = torch.randn(6, STOPS, 3)
    delay = stops[..., 0].sum(1)
    loss = nn.functional.mse_loss(model(stops, nothing_hidden(6)), delay)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
