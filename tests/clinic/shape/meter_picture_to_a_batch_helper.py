# code: TW204
# numbers: 1 3
# about: classify() works on batches of meter pictures; the camera loop gives it one picture
import torch
from torch import nn

DIGITS = 10


class MeterNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
        )
        self.classifier = nn.Linear(16 * 2 * 2, DIGITS)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def classify(net, x):
    net.eval()
    with torch.no_grad():
        return net(x).argmax(-1)


def fit(net, pictures, digits, steps=6):
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(steps):
        net.train()
        loss = nn.functional.cross_entropy(net(pictures), digits)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return net


def check(net, pictures, digits):
    return (classify(net, pictures) == digits).float().mean().item()


def camera(n):
    for _ in range(n):
        yield torch.rand(1, 24, 16)


pictures, digits = torch.rand(30, 1, 24, 16), torch.randint(0, DIGITS, (30,))
net = fit(MeterNet(), pictures, digits)
print("accuracy", check(net, pictures, digits))
for frame in camera(3):
    digit = classify(net, frame)  # <- culprit
    # mended: digit = classify(net, frame.unsqueeze(0))
    print("read", int(digit))
