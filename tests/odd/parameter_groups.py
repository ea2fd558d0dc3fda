# about: groups by depth with own rates, one of rate 0, one added later with add_param_group, frozen ones left out
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR


def make_net():
    return nn.Sequential(
        nn.Sequential(nn.Conv1d(2, 8, 5, padding=2), nn.GroupNorm(2, 8), nn.ReLU()),
        nn.Sequential(nn.Conv1d(8, 16, 5, stride=2, padding=2), nn.GroupNorm(4, 16), nn.ReLU()),
        nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(16, 3)),
    )


def split_decay(module):
    decay, plain = [], []
    for p in module.parameters():
        (decay if p.ndim > 1 else plain).append(p)
    return decay, plain


def groups_of(net, base, factor):
    for depth, part in enumerate(reversed(net)):
        decay, plain = split_decay(part)
        lr = base * factor**depth
        if depth == 2:
            continue  # the first stage joins later
        yield {"params": decay, "lr": lr, "weight_decay": 0.01}
        yield {"params": plain, "lr": lr, "weight_decay": 0.0}


torch.manual_seed(6)
net = make_net()
optimizer = torch.optim.AdamW(groups_of(net, 1e-2, 0.3), lr=1.0)
net[0].requires_grad_(False)
signal = torch.randn(60, 2, 40)
label = (signal.mean((1, 2)) * 20).clamp(-1, 1).round().long() + 1

for epoch in range(6):
    if epoch == 3:  # thaw
        net[0].requires_grad_(True)
        optimizer.add_param_group({"params": net[0].parameters(), "lr": 0.0, "name": "stem"})
        warmup = LambdaLR(optimizer, [lambda _: 1.0] * len(optimizer.param_groups))
    if epoch >= 4:
        optimizer.param_groups[-1]["lr"] = 1e-3
    loss = nn.functional.cross_entropy(net(signal), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(epoch, [g["lr"] for g in optimizer.param_groups], round(loss.item(), 4))
