# code: TW802
# numbers: model.
# about: the learner's own state dict was saved, so every key has the prefix "model."
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def unet_like(base=6):
    return nn.Sequential(
        nn.Conv2d(1, base, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(base, base, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(base, 1, 1),
    )


class Learner(nn.Module):
    """Wraps a model with its loss, its optimizer and its checkpoints."""

    def __init__(self, model, lr=1e-2, folder="checkpoints"):
        super().__init__()
        self.model = model
        self.lr = lr
        self.folder = folder
        self.best = float("inf")

    def configure(self):
        return torch.optim.Adam(self.model.parameters(), lr=self.lr)

    def training_step(self, batch):
        noisy, clean = batch
        return F.mse_loss(self.model(noisy), clean)

    def save_if_better(self, value):
        if value < self.best:
            self.best = value
            os.makedirs(self.folder, exist_ok=True)
            torch.save(self.state_dict(), os.path.join(self.folder, "best.pt"))  # <- culprit
            # mended: torch.save(self.model.state_dict(), os.path.join(self.folder, "best.pt"))

    def fit(self, loader, epochs):
        optimizer = self.configure()
        for epoch in range(epochs):
            total = 0.0
            for batch in loader:
                loss = self.training_step(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
            self.save_if_better(total / len(loader))
            print(f"epoch {epoch}: {total / len(loader):.4f}")


def denoise(image, weights="checkpoints/best.pt"):
    model = unet_like()
    model.load_state_dict(torch.load(weights, map_location="cpu"))
    model.eval()
    with torch.no_grad():
        return model(image)


if __name__ == "__main__":
    torch.manual_seed(0)
    clean = torch.rand(24, 1, 1, 1).expand(24, 1, 16, 16).contiguous()
    noisy = clean + 0.1 * torch.randn_like(clean)
    learner = Learner(unet_like())
    learner.fit(DataLoader(TensorDataset(noisy, clean), batch_size=8, shuffle=True), epochs=2)
    print(denoise(noisy[:2]).mean().item())
