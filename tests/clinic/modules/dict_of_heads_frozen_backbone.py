# code: TW003 TW007
# numbers: heads
# about: the heads are in a plain dict, so with the backbone frozen there is no parameter left to train
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

TASKS = {"age": 1, "smoker": 2, "region": 5}


class Patients(Dataset):
    def __init__(self, n=60, n_features=10, seed=5):
        g = torch.Generator().manual_seed(seed)
        self.features = torch.randn(n, n_features, generator=g)
        self.age = 50 + 10 * self.features[:, :1]
        self.smoker = (self.features[:, 1] > 0).long()
        self.region = torch.randint(0, 5, (n,), generator=g)

    def __len__(self):
        return self.features.size(0)

    def __getitem__(self, idx):
        targets = {"age": self.age[idx], "smoker": self.smoker[idx], "region": self.region[idx]}
        return self.features[idx], targets


class MultiTask(nn.Module):
    def __init__(self, backbone, width, tasks):
        super().__init__()
        self.backbone = backbone
        self.heads = {task: nn.Linear(width, size) for task, size in tasks.items()}  # <- culprit
        # mended: self.heads = nn.ModuleDict({task: nn.Linear(width, size) for task, size in tasks.items()})

    def forward(self, features):
        h = self.backbone(features)
        return {task: head(h) for task, head in self.heads.items()}


def freeze(module):
    for p in module.parameters():
        p.requires_grad_(False)
    module.eval()
    return module


def combined_loss(outputs, targets):
    total = 0.01 * nn.functional.l1_loss(outputs["age"], targets["age"])
    for task in ("smoker", "region"):
        total = total + nn.functional.cross_entropy(outputs[task], targets[task])
    return total


def run(epochs=3):
    torch.manual_seed(1)
    backbone = nn.Sequential(nn.Linear(10, 20), nn.Tanh(), nn.Linear(20, 16), nn.Tanh())
    model = MultiTask(freeze(backbone), width=16, tasks=TASKS)
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=0.05, momentum=0.9)
    for epoch in range(epochs):
        running = 0.0
        for features, targets in DataLoader(Patients(), batch_size=20, shuffle=True):
            optimizer.zero_grad()
            loss = combined_loss(model(features), targets)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"[{epoch + 1}/{epochs}] loss={running:.3f}")


if __name__ == "__main__":
    run()
