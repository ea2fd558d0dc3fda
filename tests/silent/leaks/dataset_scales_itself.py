# code: TW750
# numbers: -
# about: the Dataset scales itself by its own minimum and maximum, then random_split
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Readings(Dataset):
    def __init__(self, n=240):
        raw = torch.randn(n, 5) * 4 + 7
        self.y = (raw[:, 0] - raw[:, 1]).unsqueeze(1)
        low, high = raw.min(dim=0).values, raw.max(dim=0).values  # <- culprit
        # mended: low, high = torch.zeros(5), torch.full((5,), 14.0)
        self.x = (raw - low) / (high - low)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def main():
    torch.manual_seed(1)
    dataset = Readings()
    train_set, test_set = random_split(dataset, [200, 40])
    train_loader = DataLoader(train_set, batch_size=25, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=40)
    model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(3):
        for x, y in train_loader:
            opt.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            opt.step()
    with torch.no_grad():
        for x, y in test_loader:
            print(nn.functional.mse_loss(model(x), y).item())


main()
