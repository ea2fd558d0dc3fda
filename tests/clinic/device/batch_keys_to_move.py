# code: TW101
# numbers: meta cpu
# about: only the listed keys of the batch are moved, and the list lacks the lab values
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CONFIG = {
    "device": "cuda" if torch.cuda.is_available() else "meta",
    "move": ("ecg", "outcome"),  # <- culprit
    # mended: "move": ("ecg", "labs", "outcome"),
    "batch_size": 8,
    "epochs": 2,
}


class Patients(Dataset):
    def __init__(self, n):
        g = torch.Generator().manual_seed(31)
        self.ecg = torch.randn(n, 60, 3, generator=g)
        self.labs = torch.randn(n, 10, generator=g)
        self.outcome = torch.randint(0, 2, (n, 1), generator=g).float()

    def __len__(self):
        return len(self.ecg)

    def __getitem__(self, i):
        return {"id": f"P{i:04d}", "ecg": self.ecg[i], "labs": self.labs[i], "outcome": self.outcome[i]}


class SignalBranch(nn.Module):
    def __init__(self, channels, dim):
        super().__init__()
        self.gru = nn.GRU(channels, dim, batch_first=True)

    def forward(self, ecg):
        return self.gru(ecg)[0].mean(dim=1)


class LabBranch(nn.Sequential):
    def __init__(self, n_values, dim):
        super().__init__(nn.Linear(n_values, dim), nn.ReLU(), nn.Linear(dim, dim))


class RiskModel(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.signal = SignalBranch(3, dim)
        self.lab = LabBranch(10, dim)
        self.fuse = nn.Linear(2 * dim, 1)

    def forward(self, ecg, labs):
        return self.fuse(torch.cat((self.signal(ecg), self.lab(labs)), dim=-1))


def to_device(batch, keys, device):
    return {name: value.to(device) if name in keys else value for name, value in batch.items()}


torch.manual_seed(0)
model = RiskModel().to(CONFIG["device"])
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
loss_fn = nn.BCEWithLogitsLoss()
loader = DataLoader(Patients(32), batch_size=CONFIG["batch_size"], shuffle=True)
for epoch in range(CONFIG["epochs"]):
    losses = []
    for batch in loader:
        batch = to_device(batch, CONFIG["move"], CONFIG["device"])
        risk = model(batch["ecg"], batch["labs"])
        loss = loss_fn(risk, batch["outcome"])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.detach())
    print("epoch", epoch, "batches", len(losses))
