# code: TW408
# numbers: int64
# about: the votes are counted in an integer tensor, and softmax of integers does not exist
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(14)


def spirals(n_per_arm, arms=3):
    points, labels = [], []
    for arm in range(arms):
        radius = torch.linspace(0.1, 1.0, n_per_arm)
        angle = radius * 4 + arm * 2 * torch.pi / arms + 0.1 * torch.randn(n_per_arm)
        points.append(torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1))
        labels.append(torch.full((n_per_arm,), arm))
    return torch.cat(points), torch.cat(labels)


def member(width):
    return nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 3))


def train(net, points, labels, steps=15):
    opt = torch.optim.Rprop(net.parameters(), lr=0.01)
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(net(points), labels)
        loss.backward()
        opt.step()
    return loss.item()


@torch.no_grad()
def count_votes(ensemble, points, n_classes):
    votes = torch.zeros(len(points), n_classes, dtype=torch.long)  # <- culprit
    # mended: votes = torch.zeros(len(points), n_classes)
    for net in ensemble:
        winner = net(points).argmax(dim=1)
        votes[torch.arange(len(points)), winner] += 1
    return votes


def soften(votes, temperature):
    assert temperature > 0
    return torch.softmax(votes if temperature == 1 else votes / temperature, dim=1)


def distill(student, points, teacher, steps=10):
    opt = torch.optim.Adam(student.parameters(), lr=0.02)
    for _ in range(steps):
        loss = F.kl_div(F.log_softmax(student(points), dim=1), teacher, reduction="batchmean")
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


points, labels = spirals(40)
ensemble = [member(width) for width in (8, 12, 16)]
for net in ensemble:
    subset = torch.randint(0, len(points), (80,))
    print("member", train(net, points[subset], labels[subset]))
unlabelled = torch.rand(50, 2) * 2 - 1
teacher = soften(count_votes(ensemble, unlabelled, 3), temperature=1)
print("student", distill(member(6), unlabelled, teacher))
