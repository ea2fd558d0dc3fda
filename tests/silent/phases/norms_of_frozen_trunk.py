# code: TW744
# numbers: -
# about: train() of the whole model wakes the batch norms of a trunk that was loaded, frozen and put to sleep
import io

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def trunk():
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8), nn.BatchNorm1d(8))


def saved_weights():
    donor, file = trunk(), io.BytesIO()
    donor(torch.randn(64, 8) + 1)
    torch.save(donor.state_dict(), file)
    file.seek(0)
    return torch.load(file)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.head = trunk(), nn.Linear(8, 3)
        self.trunk.load_state_dict(saved_weights())
        self.trunk.eval()
        for weight in self.trunk.parameters():
            weight.requires_grad = False

    def forward(self, x):
        return self.head(self.trunk(x))


torch.manual_seed(0)
model = Tagger()
optimizer = torch.optim.Adam(model.head.parameters(), lr=1e-2)
train = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), 16, shuffle=True)
valid = TensorDataset(torch.randn(32, 8), torch.randint(0, 3, (32,)))
for epoch in range(2):
    model.train()  # <- culprit
    # mended: model.head.train()
    for x, y in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(valid.tensors[0]).argmax(1) == valid.tensors[1]).float().mean())
