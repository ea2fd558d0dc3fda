# code: TW010
# numbers: 0 1
# about: the lists are kept in a dictionary; "bias" parameters land in both, for the second test is no elif
import torch
from torch import nn

model = nn.Sequential(nn.Linear(5, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 3))


def make_groups(named, decay):
    groups = {"with": [], "without": []}
    for name, p in named:
        if name.endswith("bias"):
            groups["without"].append(p)
        if p.numel() > 4:  # <- culprit
            # mended: elif p.numel() > 4:
            groups["with"].append(p)
        else:
            groups["without"].append(p)
    return [
        {"params": groups["with"], "weight_decay": decay},
        {"params": groups["without"], "weight_decay": 0.0},
    ]


optimizer = torch.optim.SGD(make_groups(model.named_parameters(), 1e-2), lr=0.1)
x, voice = torch.randn(12, 5), torch.randint(0, 3, (12,))
for epoch in range(3):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), voice)
    loss.backward()
    optimizer.step()
