# code: TW018
# numbers: lr
# about: key=value overrides from the command line stay texts: lr = "3e-3"; the helper must turn them into numbers
import torch
from torch import nn

DEFAULTS = {"lr": 0.001, "width": 24, "momentum": 0.9}
OVERRIDES = ["lr=3e-3"]


def apply_overrides(options, pairs):
    options = dict(options)
    for pair in pairs:
        key, value = pair.split("=", 1)
        options[key] = value  # <- culprit
        # mended: options[key] = type(options[key])(value)
    return options


class Probe(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(7, width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, x):
        return self.net(x)


def make_sgd(model, options):
    return torch.optim.SGD(model.parameters(), lr=options["lr"], momentum=options["momentum"])  # <- or here


options = apply_overrides(DEFAULTS, OVERRIDES)
torch.manual_seed(0)
model = Probe(options["width"])
sgd = make_sgd(model, options)
for step in range(3):
    x, y = torch.randn(8, 7), torch.randint(0, 2, (8,))
    loss = nn.functional.cross_entropy(model(x), y)
    sgd.zero_grad()
    loss.backward()
    sgd.step()
print(loss.item())
