# code: TW201
# numbers: 27 6
# about: three fields of 8 numbers and three plain columns are joined to 27, the width counts one for each field
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIELD_SIZES = {"site": 30, "device": 4, "hour": 24}
EMBEDDING = 8
PLAIN = ["age", "price", "position"]


class ClickModel(nn.Module):
    def __init__(self, field_sizes, dim, n_plain, hidden=(32, 16)):
        super().__init__()
        self.tables = nn.ModuleDict({name: nn.Embedding(size, dim) for name, size in field_sizes.items()})
        n_fields = len(field_sizes)  # <- culprit
        # mended: n_fields = len(field_sizes) * dim
        sizes = [n_fields + n_plain, *hidden]
        layers = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.tower = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))

    def forward(self, fields, plain):
        parts = [table(fields[:, i]) for i, table in enumerate(self.tables.values())]
        return self.tower(torch.cat([*parts, plain], dim=-1)).squeeze(-1)


def make(n=160):
    fields = torch.stack([torch.randint(0, size, (n,)) for size in FIELD_SIZES.values()], dim=1)
    plain = torch.randn(n, len(PLAIN))
    return TensorDataset(fields, plain, (plain[:, 0] > 0).float())


model = ClickModel(FIELD_SIZES, EMBEDDING, len(PLAIN))
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
for epoch in range(2):
    for fields, plain, clicked in DataLoader(make(), batch_size=40):
        loss = nn.functional.binary_cross_entropy_with_logits(model(fields, plain), clicked)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
