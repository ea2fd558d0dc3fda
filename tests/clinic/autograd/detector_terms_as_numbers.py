# code: TW506
# numbers: number
# about: the parts of the loss are made numbers before they are summed
import torch
from torch import nn


class Criterion:
    weights = {"box": 5.0, "cls": 1.0}

    def __init__(self):
        self.terms = {"box": nn.L1Loss(), "cls": nn.CrossEntropyLoss()}

    def __call__(self, pred, target):
        parts = {}
        for name, term in self.terms.items():
            parts[name] = self.weights[name] * term(pred[name], target[name]).item()  # <- culprit
            # mended: parts[name] = self.weights[name] * term(pred[name], target[name])
        return torch.as_tensor(sum(parts.values())), parts


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU())
        self.box = nn.Linear(32, 4)
        self.cls = nn.Linear(32, 3)

    def forward(self, x):
        h = self.trunk(x)
        return {"box": self.box(h), "cls": self.cls(h)}


det, crit = Detector(), Criterion()
opt = torch.optim.AdamW(det.parameters())
for _ in range(2):
    images = torch.rand(6, 1, 8, 8)
    target = {"box": torch.rand(6, 4), "cls": torch.randint(3, (6,))}
    loss, parts = crit(det(images), target)
    opt.zero_grad()
    loss.backward()
    opt.step()
