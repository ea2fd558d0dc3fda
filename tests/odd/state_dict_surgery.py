# about: keys renamed, cut and dropped, weights padded, strict=False wanted, a refused strict load is caught
import os
from collections import OrderedDict

import torch
from torch import nn


class Old(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 20))
        self.fc = nn.Linear(20, 7)


class New(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 20), nn.LayerNorm(20))
        self.classifier = nn.Linear(20, classes)

    def forward(self, x):
        return self.classifier(self.encoder(x))


torch.manual_seed(47)
wrapped = nn.DataParallel(Old())
torch.save({"epoch": 9, "model": wrapped.state_dict(), "args": {"lr": 0.1}}, "old.pt")

ckpt = torch.load("old.pt", map_location="cpu", weights_only=True)
os.remove("old.pt")
renamed = OrderedDict()
for key, value in ckpt["model"].items():
    key = key.removeprefix("module.").replace("backbone", "encoder")
    if not key.startswith("fc."):
        renamed[key] = value

model = New()
try:
    model.load_state_dict(renamed)
except RuntimeError as error:
    print("strict load refused,", str(error).count("\n"), "lines")

widened = model.encoder[0].weight.detach().clone()
widened[:, :10] = renamed["encoder.0.weight"]  # two new columns keep their fresh values
renamed["encoder.0.weight"] = widened
result = model.load_state_dict(renamed, strict=False)
assert not result.unexpected_keys
assert result.missing_keys == ["encoder.3.weight", "encoder.3.bias", "classifier.weight", "classifier.bias"]

opt = torch.optim.SGD(model.classifier.parameters(), lr=ckpt["args"]["lr"])
for _ in range(5):
    loss = nn.functional.cross_entropy(model(torch.randn(16, 12)), torch.randint(0, 3, (16,)))
    opt.zero_grad()
    loss.backward()
    opt.step()
print("epoch", ckpt["epoch"], "loss", loss.item())
