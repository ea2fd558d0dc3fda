# code: TW204
# numbers: 20 1
# about: the digits are (20, 28, 28) without a channel dimension, so the 20 samples of the batch are taken for channels
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class ArrayDigits(Dataset):
    """Digits from arrays as they come out of the idx files."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, mean: float = 0.13, std: float = 0.31):
        scaled = images.astype(np.float32) / 255.0
        self.images = torch.from_numpy((scaled - mean) / std)  # <- culprit
        # mended: self.images = torch.from_numpy((scaled - mean) / std).unsqueeze(1)
        self.labels = torch.from_numpy(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, n):
        return self.images[n], self.labels[n]  # <- or here


def read_idx(n, seed):
    rng = np.random.RandomState(seed)
    return rng.randint(0, 256, size=(n, 28, 28), dtype=np.uint8), rng.randint(0, 10, size=n).astype(np.int64)


class LeNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, padding=2)
        self.c2 = nn.Conv2d(6, 16, 5)
        self.f1 = nn.Linear(16 * 5 * 5, 60)
        self.f2 = nn.Linear(60, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.c1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.c2(x)), 2)
        x = torch.relu(self.f1(x.flatten(1)))
        return self.f2(x)


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        hits = [(model(x).argmax(-1) == y).float().mean() for x, y in loader]
    return torch.stack(hits).mean().item()


def run():
    torch.manual_seed(0)
    train_dl = DataLoader(ArrayDigits(*read_idx(60, 1)), batch_size=20, shuffle=True)
    test_dl = DataLoader(ArrayDigits(*read_idx(40, 2)), batch_size=20)
    model = LeNetish()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(2):
        model.train()
        for x, y in train_dl:
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        print(epoch, evaluate(model, test_dl))


if __name__ == "__main__":
    run()
