# code: TW601
# numbers: 4
# about: the class numbers of the data set begin with 1; begin with 0
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Leaves(Dataset):
    KINDS = ("oak", "beech", "ash", "lime")

    def __init__(self, n=48):
        self.class_to_idx = {}
        for number, kind in enumerate(self.KINDS, 1):  # <- culprit
            # mended: for number, kind in enumerate(self.KINDS):
            self.class_to_idx[kind] = number  # <- or here
        g = torch.Generator().manual_seed(0)
        self.kinds = [self.KINDS[int(k)] for k in torch.randint(0, 4, (n,), generator=g)]
        self.images = torch.rand(n, 3, 16, 16, generator=g)

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        return self.images[i], self.class_to_idx[self.kinds[i]]  # <- or here


class LeafNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8, n_classes)

    def forward(self, x):
        return self.fc(self.conv(x).relu().amax((2, 3)))


leaves = Leaves()
net = LeafNet(len(leaves.class_to_idx))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in DataLoader(leaves, batch_size=12, shuffle=True):
    loss = nn.CrossEntropyLoss()(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
