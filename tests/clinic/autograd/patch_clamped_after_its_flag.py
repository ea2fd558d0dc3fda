# code: TW509
# numbers: self.patch
# about: the patch is a leaf clipped by clamp, so the attribute holds a result and its grad is None; clamp first, then ask for the gradient
import torch
from torch import nn

SIZE, EPS, ROUNDS = 16, 0.1, 3


class Classifier(nn.Module):
    def __init__(self, n_classes=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(8, n_classes)

    def forward(self, x):
        return self.head(self.body(x))


def fresh_patch(size):
    start = torch.randn(3, size, size, requires_grad=True)
    return start.clamp(-EPS, EPS)  # <- culprit
    # mended: return start.detach().clamp(-EPS, EPS).requires_grad_()


class PatchAttack:
    def __init__(self, model, size=SIZE):
        self.model = model
        self.patch = fresh_patch(size)
        self.loss = nn.CrossEntropyLoss()

    def step(self, images, target):
        loss = self.loss(self.model(images + self.patch), target)
        loss.backward()
        direction = self.patch.grad.sign()
        self.patch = (self.patch - 0.01 * direction).clamp(-EPS, EPS).detach().requires_grad_()
        return loss.item()


torch.manual_seed(0)
attack = PatchAttack(Classifier().eval())
for i in range(ROUNDS):
    images = torch.rand(8, 3, SIZE, SIZE)
    print(i, attack.step(images, torch.full((8,), 2)))
