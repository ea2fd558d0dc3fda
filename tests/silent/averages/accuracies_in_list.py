# code: TW754
# numbers: 64 16
# about: the accuracies of the test batches are put into a list and np.mean is taken, with 16 of 64 in the last one
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Spirals(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.label = torch.randint(0, 2, (n,), generator=g)
        r = torch.rand(n, generator=g) * 3
        a = r * 2 + self.label * np.pi
        self.point = torch.stack([r * a.cos(), r * a.sin()], 1)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, i):
        return self.point[i], self.label[i]


def accuracy(logits, target):
    return (logits.argmax(dim=1) == target).float().mean()


def main():
    torch.manual_seed(0)
    train = DataLoader(Spirals(256, 0), 64, shuffle=True)
    test = DataLoader(Spirals(80, 1), 64)
    net = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
    opt = torch.optim.AdamW(net.parameters(), lr=0.01)
    for epoch in range(3):
        for point, label in train:
            opt.zero_grad()
            F.cross_entropy(net(point), label).backward()
            opt.step()
    accs = []
    with torch.no_grad():
        for point, label in test:
            accs.append(accuracy(net(point), label).item())
            # mended: accs.extend((net(point).argmax(1) == label).tolist())
    print("test accuracy", np.mean(accs))  # <- culprit


if __name__ == "__main__":
    main()
