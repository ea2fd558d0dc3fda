# code: TW628
# numbers: 90
# about: the balanced indices are computed on all labels (before the short clips were removed), the loader has the filtered clips
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

MIN_LENGTH = 20


class Clips(Dataset):
    def __init__(self, clips, labels):
        pairs = [(c, y) for c, y in zip(clips, labels) if len(c) >= MIN_LENGTH]
        self.clips = [c[:MIN_LENGTH] for c, _ in pairs]
        self.labels = [y for _, y in pairs]

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, i):
        return self.clips[i], self.labels[i]


def balanced(labels, per_class, seed=0):
    rng = random.Random(seed)
    places = {}
    for i, y in enumerate(labels):
        places.setdefault(y, []).append(i)
    return [i for found in places.values() for i in rng.sample(found, per_class)]


def record(n=90):
    g = torch.Generator().manual_seed(2)
    lengths = torch.randint(15, 40, (n,), generator=g).tolist()
    return [torch.randn(k, generator=g) for k in lengths], [i % 3 for i in range(n)]


clips, labels = record()
data = Clips(clips, labels)
chosen = Subset(data, balanced(labels, per_class=20))  # <- culprit
# mended: chosen = Subset(data, balanced(data.labels, per_class=20))
loader = DataLoader(chosen, batch_size=10, shuffle=True)
net = nn.Sequential(nn.Linear(MIN_LENGTH, 16), nn.ReLU(), nn.Linear(16, 3))
opt = torch.optim.Adam(net.parameters())
for x, y in loader:
    loss = nn.functional.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
