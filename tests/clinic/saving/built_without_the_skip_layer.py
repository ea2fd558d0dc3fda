# code: TW801
# numbers: skip.weight skip.bias
# about: the model was trained with use_skip=True; the config written next to it leaves that out, so the default is used
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class ModelConfig:
    n_features: int = 8
    hidden: int = 20
    use_skip: bool = False


class TimeToFailure(nn.Module):
    def __init__(self, cfg: ModelConfig):
        super().__init__()
        self.inp = nn.Linear(cfg.n_features, cfg.hidden)
        self.mid = nn.Linear(cfg.hidden, cfg.hidden)
        if cfg.use_skip:
            self.skip = nn.Linear(cfg.n_features, cfg.hidden)
        self.out = nn.Linear(cfg.hidden, 1)

    def forward(self, x):
        h = torch.relu(self.mid(torch.relu(self.inp(x))))
        if hasattr(self, "skip"):
            h = h + self.skip(x)
        return self.out(h).squeeze(-1)


def save_run(folder: Path, model: nn.Module, cfg: ModelConfig) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in asdict(cfg).items() if type(value) is int}  # <- culprit
    # mended: kept = asdict(cfg)
    (folder / "config.json").write_text(json.dumps(kept))
    torch.save(model.state_dict(), folder / "weights.pt")


def load_run(folder: Path) -> nn.Module:
    cfg = ModelConfig(**json.loads((folder / "config.json").read_text()))
    model = TimeToFailure(cfg)
    model.load_state_dict(torch.load(folder / "weights.pt"))
    return model.eval()


def train(model: nn.Module, loader: DataLoader, epochs: int = 2) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        for x, hours in loader:
            loss = nn.functional.mse_loss(model(x), hours)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def main() -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 8)
    hours = x[:, 0] - 2 * x[:, 3] + 0.1 * torch.randn(64)
    cfg = ModelConfig(hidden=16, use_skip=True)
    model = TimeToFailure(cfg)
    train(model, DataLoader(TensorDataset(x, hours), batch_size=16, shuffle=True))
    save_run(Path("runs") / "first", model, cfg)

    restored = load_run(Path("runs") / "first")
    with torch.no_grad():
        print("error of the restored model", (restored(x) - hours).abs().mean().item())


if __name__ == "__main__":
    main()
