# code: TW404
# numbers: int64 float32
# about: the yes/no labels are integers (int64), BCEWithLogitsLoss needs floats
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torch.utils.data import WeightedRandomSampler

cfg = {"n_customers": 120, "n_months": 6, "n_channels": 5, "hidden": 16, "lr": 4e-3, "epochs": 2, "batch": 20}


class ChurnDataset(Dataset):
    """Monthly usage per customer, and whether the customer left."""

    def __init__(self, n, months, channels):
        g = torch.Generator().manual_seed(12)
        self.usage = torch.rand(n, months, channels, generator=g)
        trend = self.usage[:, -1].sum(1) - self.usage[:, 0].sum(1)
        self.left = ["yes" if value < 0 else "no" for value in trend.tolist()]

    def __getitem__(self, index):
        label = {"no": 0, "yes": 1}[self.left[index]]
        return self.usage[index], torch.tensor(label)  # <- culprit
        # mended: return self.usage[index], torch.tensor(label, dtype=torch.float32)

    def __len__(self):
        return len(self.left)

    def sample_weights(self):
        share = self.left.count("yes") / len(self.left)
        return [1 / share if label == "yes" else 1 / (1 - share) for label in self.left]


class ChurnModel(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.conv = nn.Conv1d(channels, hidden, kernel_size=3)
        self.act = nn.Mish()
        self.fc = nn.Linear(hidden, 1)

    def forward(self, usage):
        features = self.act(self.conv(usage.transpose(1, 2)))
        return self.fc(features.amax(dim=-1)).squeeze(-1)


def make_loader(dataset, batch):
    sampler = WeightedRandomSampler(dataset.sample_weights(), num_samples=len(dataset))
    return DataLoader(dataset, batch_size=batch, sampler=sampler)


torch.manual_seed(1)
dataset = ChurnDataset(cfg["n_customers"], cfg["n_months"], cfg["n_channels"])
loader = make_loader(dataset, cfg["batch"])
model = ChurnModel(cfg["n_channels"], cfg["hidden"])
optimizer = torch.optim.NAdam(model.parameters(), lr=cfg["lr"])
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(cfg["epochs"]):
    running = 0.0
    for usage, left in loader:
        logits = model(usage)
        loss = loss_fn(logits, left)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch + 1}: {running / len(loader):.4f}")
