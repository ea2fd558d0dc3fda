# code: TW803
# numbers: 48 24
# about: the third member of the ensemble was made with 48 units, all others with 24; its weights don't fit the average's
import torch
from torch import nn


class Member(nn.Module):
    def __init__(self, seed, n_in, units, dropout=0.1):
        super().__init__()
        torch.manual_seed(seed)
        self.inner = nn.Linear(n_in, units)
        self.norm = nn.LayerNorm(units)
        self.drop = nn.Dropout(dropout)
        self.outer = nn.Linear(units, 1)

    def forward(self, x):
        return self.outer(self.drop(torch.relu(self.norm(self.inner(x)))))


def fit(member, x, y, steps=5):
    opt = torch.optim.Adam(member.parameters(), lr=1e-2)
    for _ in range(steps):
        loss = nn.functional.mse_loss(member(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return member.state_dict()


def soup(states):
    """The mean of all weights."""
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


x = torch.randn(64, 7)
y = x.sum(1, keepdim=True)
first = Member(1, 7, 24)
second = Member(2, 7, 24)
third = Member(3, 7, 48, dropout=0.2)  # <- culprit
# mended: third = Member(3, 7, 24, dropout=0.2)
whole = Member(0, 7, 24)
for member in (first, second, third):
    member.load_state_dict(whole.state_dict())
whole.load_state_dict(soup([fit(member, x, y) for member in (first, second, third)]))
print(whole(x).shape)
