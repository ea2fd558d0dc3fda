# code: TW011
# numbers: activation act
# about: the base class's forward uses self.activation, the subclass calls the layer self.act
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Regressor(nn.Module):
    """Layers and head are the subclass's; the way through them is the same for all."""

    def forward(self, x):
        for layer in self.layers:
            x = self.activation(layer(x))
        return self.head(x)


class DropoutMLP(Regressor):
    def __init__(self, sizes, p=0.1):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(a, b), nn.Dropout(p)) for a, b in zip(sizes[:-1], sizes[1:])
        )
        self.act = nn.ELU()  # <- culprit
        # mended: self.activation = nn.ELU()
        self.head = nn.Linear(sizes[-1], 1)


class LinearModel(Regressor):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList()
        self.activation = nn.Identity()
        self.head = nn.Linear(sizes[0], 1)


MODELS = {"linear": LinearModel, "mlp": DropoutMLP}


def houses(n=120):
    g = torch.Generator().manual_seed(0)
    rooms = torch.randint(1, 7, (n, 1), generator=g).float()
    area = 25 * rooms + 10 * torch.rand(n, 1, generator=g)
    age = 80 * torch.rand(n, 1, generator=g)
    features = torch.cat([rooms, area, age], dim=1)
    price = 2.5 * area - 0.4 * age + 5 * torch.randn(n, 1, generator=g)
    return TensorDataset((features - features.mean(0)) / features.std(0), price / 100)


def fit(model, train, epochs=2):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        for x, y in DataLoader(train, batch_size=25, shuffle=True):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
    return model.eval()


def main():
    torch.manual_seed(0)
    train, test = random_split(houses(), [100, 20])
    test_x, test_y = next(iter(DataLoader(test, batch_size=20)))
    for name, build in MODELS.items():
        model = fit(build([3, 16, 8]), train)
        with torch.no_grad():
            print(name, nn.functional.l1_loss(model(test_x), test_y).item())


main()
