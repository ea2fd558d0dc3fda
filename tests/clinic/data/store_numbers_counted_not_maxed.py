# code: TW610
# numbers: 61 8
# about: the store numbers go up to 61 but there are only 8 of them; the embedding has as many rows as there are stores
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(2024)

# sales of single days: store number, weekday, promotion and two measured values
STORES = torch.tensor([3, 7, 12, 18, 25, 40, 52, 61])
days = 160
columns = {
    "store": STORES[torch.arange(days) % len(STORES)],
    "weekday": torch.arange(days) % 7,
    "promo": torch.randint(0, 2, (days,)),
}
measured = torch.randn(days, 2)
sales = 5 + 0.02 * columns["store"] + columns["promo"] + 0.3 * measured[:, 0]


def cardinalities(columns):
    sizes = {}
    for name, values in columns.items():
        sizes[name] = len(values.unique())  # <- culprit
        # mended: sizes[name] = int(values.max()) + 1
    return sizes


class EntityEmbeddingNet(nn.Module):
    def __init__(self, sizes, n_measured, hidden=(32, 16)):
        super().__init__()
        self.names = list(sizes)
        self.tables = nn.ModuleDict({name: nn.Embedding(n, min(8, (n + 1) // 2)) for name, n in sizes.items()})
        width = sum(t.embedding_dim for t in self.tables.values()) + n_measured
        self.hidden = nn.ModuleList()
        for h in hidden:
            self.hidden.append(nn.Sequential(nn.Linear(width, h), nn.BatchNorm1d(h), nn.ReLU()))
            width = h
        self.final = nn.Linear(width, 1)

    def forward(self, categories, measured):
        parts = [self.tables[name](categories[name]) for name in self.names]
        x = torch.cat([*parts, measured], dim=1)
        for layer in self.hidden:
            x = layer(x)
        return self.final(x).flatten()


def iterate(batch_size):
    for rows in torch.randperm(days).split(batch_size):
        yield {name: values[rows] for name, values in columns.items()}, measured[rows], sales[rows]


net = EntityEmbeddingNet(cardinalities(columns), n_measured=2)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
best = float("inf")
for epoch in range(3):
    errors = []
    for categories, values, target in iterate(batch_size=80):
        predicted = net(categories, values)
        loss = F.mse_loss(predicted, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(loss.item() ** 0.5)
    mean_error = sum(errors) / len(errors)
    if mean_error < best:
        best = mean_error
        torch.save(net.state_dict(), "best.pt")
    print("epoch", epoch, "rmse", round(mean_error, 3))
