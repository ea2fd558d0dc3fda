# about: dropout stays in train mode in evaluation, the rest in eval mode; one input is predicted many times
import torch
import torch.nn.functional as F
from torch import nn, Tensor


class UncertainNet(nn.Module):
    def __init__(self, inputs: int, hidden: int, p: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.drop = nn.Dropout(p)
        self.fc2 = nn.Linear(hidden, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.drop(F.relu(self.norm(self.fc1(x))))
        h = F.dropout(h, 0.1, training=True)  # always on
        mean, log_var = self.fc2(h).chunk(2, dim=-1)
        return mean.squeeze(-1), log_var.squeeze(-1).clamp(-6, 3)


def enable_dropout(model: nn.Module) -> None:
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()


@torch.inference_mode()
def predict(model: nn.Module, x: Tensor, times: int = 20) -> tuple[Tensor, Tensor]:
    enable_dropout(model)
    draws = torch.stack([model(x)[0] for _ in range(times)])
    return draws.mean(0), draws.std(0)


def run() -> None:
    torch.manual_seed(8)
    x = torch.linspace(-2, 2, 128).unsqueeze(1)
    y = torch.sin(2 * x).squeeze() + 0.1 * torch.randn(128)
    net = UncertainNet(1, 48, 0.2)
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        net.train()
        mean, log_var = net(x)
        loss = (0.5 * ((y - mean) ** 2 * torch.exp(-log_var) + log_var)).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    mean, std = predict(net, torch.tensor([[0.5], [6.0]]))
    assert (std > 0).all() and not net.norm.training and net.drop.training
    print("mean", mean.tolist(), "std", std.tolist())


run()
