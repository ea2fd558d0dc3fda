# code: TW629
# numbers: str
# about: the batches are dictionaries; unpacking one in the for line gives its keys, strings
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class PairDataset(Dataset):
    """Two noisy views of the same item, for contrastive learning."""

    def __init__(self, n_items=48, dim=20, noise=0.2):
        torch.manual_seed(1)
        self.items = torch.randn(n_items, dim)
        self.noise = noise

    def view(self, item):
        return item + self.noise * torch.randn_like(item)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, idx):
        item = self.items[idx]
        return {"anchor": self.view(item), "positive": self.view(item)}


class Projector(nn.Module):
    def __init__(self, dim=20, hidden=32, out=8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, out))

    def forward(self, x):
        return F.normalize(self.net(x), dim=-1)


def info_nce(a, b, temperature=0.1):
    logits = a @ b.t() / temperature
    targets = torch.arange(len(a), device=a.device)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.t(), targets)) / 2


def contrastive_step(model, anchor, positive):
    return info_nce(model(anchor), model(positive))


def main(epochs=2):
    device = torch.device("cpu")
    loader = DataLoader(PairDataset(), batch_size=16, shuffle=True, drop_last=True, num_workers=2)
    model = Projector().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(epochs):
        total = 0.0
        for anchor, positive in loader:  # <- culprit
            # mended: for batch in loader:
            # mended:     anchor, positive = batch["anchor"], batch["positive"]
            loss = contrastive_step(model, anchor, positive)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: {total / len(loader):.3f}")


if __name__ == "__main__":
    main(epochs=1)
