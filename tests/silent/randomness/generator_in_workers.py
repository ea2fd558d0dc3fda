# code: TW756
# numbers: 2
# about: the data set draws its noise from a numpy generator of its own, with two workers
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    def __init__(self, n):
        self.rng = np.random.default_rng(0)  # <- culprit
        # mended: self.clean = np.linspace(0, 1, n)
        self.clean = np.linspace(0, 1, n)

    def __len__(self):
        return len(self.clean)

    def __getitem__(self, i):
        x = self.clean[i] + self.rng.normal(0, 0.05)
        # mended: x = self.clean[i] + 0.05 * torch.randn(()).item()
        return np.float32([x, x**2]), np.float32([np.sin(6 * self.clean[i])])


def main():
    torch.manual_seed(0)
    loader = DataLoader(Noisy(96), batch_size=12, shuffle=True, num_workers=2)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    opt = torch.optim.Adam(net.parameters(), lr=0.01)
    for epoch in range(2):
        for x, y in loader:
            loss = nn.functional.mse_loss(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
