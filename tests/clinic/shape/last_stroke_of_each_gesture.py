# code: TW222
# numbers: 15
# about: the length is taken as the index of the last point; with 15 points the last has index 14
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

GESTURES = ["circle", "swipe", "check", "zigzag"]


class PenGestures(Dataset):
    def __init__(self, n=32, longest=15):
        self.points, self.kinds = [], []
        for k in range(n):
            length = longest - k % 8
            t = torch.linspace(0, 1, length)
            kind = k % len(GESTURES)
            path = torch.stack([t * (kind + 1), torch.sin(6.28 * t * (kind + 1))], dim=1)
            self.points.append(path + 0.02 * torch.randn(length, 2))
            self.kinds.append(kind)

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        return self.points[i], self.kinds[i]


def collate_gestures(samples):
    points = pad_sequence([p for p, _ in samples], batch_first=True)
    last = torch.tensor([len(p) for p, _ in samples])  # <- culprit
    # mended: last = torch.tensor([len(p) - 1 for p, _ in samples])
    kinds = torch.tensor([kind for _, kind in samples])
    return points, last, kinds


def pick_steps(outputs, steps):
    index = steps.view(-1, 1, 1).expand(-1, 1, outputs.size(2))
    return outputs.gather(1, index).squeeze(1)


class GestureNet(nn.Module):
    def __init__(self, hidden=20):
        super().__init__()
        self.lift = nn.Linear(2, hidden)
        self.rnn = nn.RNN(hidden, hidden, nonlinearity="relu", batch_first=True)
        self.decide = nn.Linear(hidden, len(GESTURES))

    def forward(self, points, last):
        outputs, _ = self.rnn(torch.relu(self.lift(points)))
        return self.decide(pick_steps(outputs, last))


torch.manual_seed(14)
loader = DataLoader(PenGestures(), batch_size=8, collate_fn=collate_gestures)
net = GestureNet()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(3):
    right = 0
    for points, last, kinds in loader:
        logits = net(points, last)
        loss = nn.functional.cross_entropy(logits, kinds)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(net.parameters(), 0.5)
        optimizer.step()
        right += (logits.argmax(dim=1) == kinds).sum().item()
    print(f"epoch {epoch}: {right} of 32 gestures right")
