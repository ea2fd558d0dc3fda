# code: TW503
# numbers: -
# about: Dropout(inplace=True) overwrites the sigmoid's result, which the sigmoid needs for its gradient
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "softplus": nn.Softplus}


def build_layer(n_in: int, n_out: int, activation: str, dropout: float = 0.0) -> nn.Sequential:
    layer = nn.Sequential()
    layer.add_module("linear", nn.Linear(n_in, n_out))
    layer.add_module("activation", ACTIVATIONS[activation]())
    if dropout > 0:
        layer.add_module("dropout", nn.Dropout(dropout, inplace=True))  # <- culprit
        # mended: layer.add_module("dropout", nn.Dropout(dropout))
    return layer


class DeepFeatures(nn.Module):
    def __init__(self, spec: list[dict]):
        super().__init__()
        self.layers = nn.ModuleList(build_layer(**entry) for entry in spec)

    def forward(self, genes: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            genes = layer(genes)
        return genes


class SurvivalModel(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.features = DeepFeatures(spec)
        self.hazard = nn.Linear(spec[-1]["n_out"], 1, bias=False)

    def forward(self, genes):
        return self.hazard(self.features(genes)).squeeze(-1)


def cox_loss(hazard, time, event):
    order = time.argsort(descending=True)
    hazard, event = hazard[order], event[order]
    return -((hazard - hazard.logcumsumexp(dim=0)) * event).sum() / event.sum().clamp(min=1)


torch.manual_seed(0)
genes = torch.randn(120, 30)
time = torch.exp(-genes[:, 0] + 0.3 * torch.randn(120))
event = (torch.rand(120) < 0.7).float()
spec = [
    {"n_in": 30, "n_out": 24, "activation": "softplus"},
    {"n_in": 24, "n_out": 12, "activation": "sigmoid", "dropout": 0.25},
]
model = SurvivalModel(spec)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
for epoch in range(3):
    model.train()
    for g, t, e in DataLoader(TensorDataset(genes, time, event), batch_size=40, shuffle=True):
        optimizer.zero_grad()
        loss = cox_loss(model(g), t, e)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} partial likelihood {loss.item():.3f}")
