# code: TW208
# numbers: 3 40
# about: the images are (N, 40, 40, 3) as NumPy and PIL hold them; the model wants the 3 channels in dimension 1
import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def write_images(folder, n=30, size=40):
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(0)
    for k in range(n):
        picture = rng.integers(0, 256, size=(size, size, 3), dtype=np.uint8)
        np.save(os.path.join(folder, f"{k:03d}_{k % 4}.npy"), picture)


class FlowerFolder(Dataset):
    def __init__(self, folder):
        self.files = sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".npy"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, idx):
        path = self.files[idx]
        picture = np.load(path).astype("float32") / 255
        label = int(path.rsplit("_", 1)[1][0])
        picture = torch.from_numpy(picture)  # <- culprit
        # mended: picture = torch.from_numpy(picture).permute(2, 0, 1)
        return picture, label


class FlowerNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 10, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(10, 20, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(2),
        )
        self.classify = nn.Sequential(nn.Flatten(), nn.Linear(80, 30), nn.ReLU(), nn.Linear(30, n_classes))

    def forward(self, picture):
        return self.classify(self.features(picture))


def train(model, loader, epochs, lr):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=lr)
    for epoch in range(1, epochs + 1):
        for pictures, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(pictures), labels)
            loss.backward()
            optimizer.step()
        print(f"Epoch {epoch}/{epochs} - loss: {loss.item():.4f}")
    torch.save({"model": model.state_dict(), "epochs": epochs}, "flowers.pt")


if __name__ == "__main__":
    torch.manual_seed(99)
    write_images("flowers")
    data = DataLoader(FlowerFolder("flowers"), batch_size=10, shuffle=True)
    train(FlowerNet(n_classes=4), data, epochs=2, lr=1e-3)
