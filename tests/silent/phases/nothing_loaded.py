# code: TW735
# numbers: module.0.weight 0.weight
# about: weights saved under DataParallel's names are loaded with strict=False
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def build(width=16):
    return nn.Sequential(nn.Linear(7, width), nn.ReLU(), nn.Linear(width, 2))


pretrained = build()
torch.save({f"module.{name}": value for name, value in pretrained.state_dict().items()}, "pretrained.pt")
model = build()
model.load_state_dict(torch.load("pretrained.pt"), strict=False)  # <- culprit
# mended: model.load_state_dict({k.removeprefix("module."): v for k, v in torch.load("pretrained.pt").items()})
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for x, y in DataLoader(TensorDataset(torch.randn(30, 7), torch.randint(0, 2, (30,))), batch_size=10):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
