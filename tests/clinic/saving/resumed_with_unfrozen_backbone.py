# code: TW807
# numbers: 2 6
# about: the optimizer was saved with the head's 2 parameters; for resuming it is built with all 6
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

STAGES = [
    {"name": "head", "freeze": True, "epochs": 2, "lr": 1e-2},
    {"name": "head again", "freeze": False, "epochs": 1, "lr": 1e-2},  # <- culprit
    # mended: {"name": "head again", "freeze": True, "epochs": 1, "lr": 1e-2},
]


def build_model():
    model = nn.ModuleDict(
        {
            "backbone": nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 24), nn.ReLU()),
            "head": nn.Linear(24, 3),
        }
    )
    return model


def build_optimizer(model, stage):
    for p in model["backbone"].parameters():
        p.requires_grad = not stage["freeze"]
    params = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.Adam(params, lr=stage["lr"])


def forward(model, x):
    return model["head"](model["backbone"](x))


def save(path, model, optimizer, done):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "done": done}, path)


def resume(path, stage):
    checkpoint = torch.load(path)
    model = build_model()
    model.load_state_dict(checkpoint["model"])
    optimizer = build_optimizer(model, stage)
    optimizer.load_state_dict(checkpoint["optimizer"])
    return model, optimizer, checkpoint["done"]


def run_stage(model, optimizer, loader, stage, done=0):
    for epoch in range(done, done + stage["epochs"]):
        for x, y in loader:
            loss = nn.functional.cross_entropy(forward(model, x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"{stage['name']}, epoch {epoch}: {loss.item():.3f}")
        save("last.pt", model, optimizer, epoch + 1)


torch.manual_seed(0)
x = torch.randn(60, 16)
y = x[:, :3].argmax(1)
loader = DataLoader(TensorDataset(x, y), batch_size=20, shuffle=True)

first, second = STAGES
model = build_model()
run_stage(model, build_optimizer(model, first), loader, first)
model, optimizer, done = resume("last.pt", second)
run_stage(model, optimizer, loader, second, done)
