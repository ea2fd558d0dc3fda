# about: (N, 1) minus (N,) and (N, 1, D) minus (M, D): the N x M matrices of the losses are meant
import torch
from torch import nn

torch.manual_seed(21)


def soft_rank_loss(pred, target):
    """All pairs: pred (N, 1) minus its transpose against the sign of the targets' differences."""
    diff = pred - pred.squeeze(1)  # (N, 1) - (N,) -> (N, N)
    sign = torch.sign(target[:, None] - target)
    return nn.functional.softplus(-diff * sign)[sign != 0].mean()


class Prototypes(nn.Module):
    def __init__(self, num, dim):
        super().__init__()
        self.points = nn.Parameter(torch.randn(num, dim))
        self.log_scale = nn.Parameter(torch.zeros(num))

    def forward(self, z):
        dist = (z.unsqueeze(1) - self.points).pow(2).sum(-1)  # (N, 1, D) - (M, D) -> (N, M)
        return -dist * self.log_scale.exp()


encoder = nn.Sequential(nn.Linear(7, 16), nn.Tanh(), nn.Linear(16, 5))
ranker = nn.Linear(5, 1)
prototypes = Prototypes(9, 5)
params = [*encoder.parameters(), *ranker.parameters(), *prototypes.parameters()]
opt = torch.optim.Adam(params, lr=1e-2)

x = torch.randn(40, 7)
relevance = x[:, 0] * 2 - x[:, 3]
for _ in range(40):
    z = encoder(x)
    score = ranker(z)
    assign = prototypes(z).softmax(dim=1)
    balance = (assign.mean(0) - 1 / 9).square().sum()
    loss = soft_rank_loss(score, relevance) + balance
    opt.zero_grad()
    loss.backward()
    opt.step()

order = (score - score.T).sign()
agree = (order == torch.sign(relevance[:, None] - relevance[None])).float().mean()
print(f"{loss:.3f}", f"pairs in order {agree.item():.2%}")
