# code: TW219
# numbers: 8 16
# about: a block with stride 2 and the same width keeps the identity as shortcut: 8x8 is added to 16x16
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Residual(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(cout),
            nn.ReLU(inplace=True),
            nn.Conv2d(cout, cout, 3, padding=1, bias=False),
            nn.BatchNorm2d(cout),
        )
        needs_projection = cin != cout  # <- culprit
        # mended: needs_projection = cin != cout or stride != 1
        self.project = nn.Conv2d(cin, cout, 1, stride=stride, bias=False) if needs_projection else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.branch(x)
        if self.project is not None:
            x = self.project(x)
        return torch.relu(y + x)


class FaceEmbedder(nn.Module):
    BLOCKS = [(12, 12, 1), (12, 12, 2), (12, 24, 2)]  # <- or here

    def __init__(self, dim: int = 16) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, padding=1)
        self.blocks = nn.ModuleList([Residual(*spec) for spec in self.BLOCKS])
        self.embed = nn.Linear(24, dim)

    def forward(self, face: torch.Tensor) -> torch.Tensor:
        z = self.stem(face)
        for block in self.blocks:
            z = block(z)
        return nn.functional.normalize(self.embed(z.mean((2, 3))), dim=1)


def triplets(n: int) -> TensorDataset:
    people = torch.randn(n, 3, 16, 16)
    anchor = people + 0.1 * torch.randn_like(people)
    positive = people + 0.1 * torch.randn_like(people)
    return TensorDataset(anchor, positive, people.roll(1, dims=0))


def train(net: nn.Module, loader: DataLoader, epochs: int) -> list[float]:
    margin_loss = nn.TripletMarginLoss(margin=0.3)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    curve = []
    for _ in range(epochs):
        for anchor, positive, negative in loader:
            loss = margin_loss(net(anchor), net(positive), net(negative))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            curve.append(loss.item())
    return curve


if __name__ == "__main__":
    torch.manual_seed(23)
    curve = train(FaceEmbedder(), DataLoader(triplets(24), batch_size=8), epochs=2)
    print(f"{curve[0]:.3f} -> {curve[-1]:.3f}")
