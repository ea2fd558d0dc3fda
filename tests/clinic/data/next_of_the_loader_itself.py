# code: TW630
# numbers: next iter
# about: the endless stream keeps the DataLoader itself; next() needs iter(loader)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class EndlessBatches:
    """Batches for training by steps instead of epochs."""

    def __init__(self, loader):
        self.loader = loader
        self.batches = loader  # <- culprit
        # mended: self.batches = iter(loader)
        self.rounds = 0

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.batches)
        except StopIteration:
            self.rounds += 1
            self.batches = iter(self.loader)
            return next(self.batches)


def labelled(n):
    angle = torch.rand(n, 1) * 6.28
    inside = torch.arange(n) % 2
    radius = torch.where(inside.unsqueeze(1) == 1, 0.5, 1.0)
    return TensorDataset(torch.cat([radius * angle.cos(), radius * angle.sin()], 1), inside)


def unlabelled(n):
    points = labelled(n).tensors[0]
    return TensorDataset(points + 0.03 * torch.randn_like(points))


def consistency(model, points, noise=0.05):
    with torch.no_grad():
        teacher = model(points).softmax(1)
    student = model(points + noise * torch.randn_like(points)).log_softmax(1)
    return nn.functional.kl_div(student, teacher, reduction="batchmean")


def main(steps=20):
    torch.manual_seed(0)
    few = EndlessBatches(DataLoader(labelled(12), batch_size=4, shuffle=True))
    many = EndlessBatches(DataLoader(unlabelled(200), batch_size=32, shuffle=True))
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for step in range(steps):
        points, kinds = next(few)
        (free_points,) = next(many)
        loss = nn.functional.cross_entropy(model(points), kinds) + 0.5 * consistency(model, free_points)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"step {step} loss {loss.item():.3f}")
    print(f"saw the labelled points {few.rounds} times")


if __name__ == "__main__":
    main()
