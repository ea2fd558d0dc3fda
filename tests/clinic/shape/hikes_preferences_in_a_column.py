# code: TW202
# numbers: 16 1
# about: the preference is kept as a column, (16, 1), beside scores of (16,); take the column away in the Dataset
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Preferences(Dataset):
    """two hikes and which of them was liked better (1: the first, -1: the second)"""

    def __init__(self, pairs=160, features=9):
        rng = np.random.default_rng(6)
        self.first = rng.normal(size=(pairs, features)).astype(np.float32)
        self.second = rng.normal(size=(pairs, features)).astype(np.float32)
        liked = np.where(self.first.sum(1) > self.second.sum(1), 1.0, -1.0).astype(np.float32)
        self.liked = liked.reshape(-1, 1)  # <- culprit
        # mended: self.liked = liked

    def __len__(self):
        return len(self.liked)

    def __getitem__(self, index):
        return self.first[index], self.second[index], self.liked[index]


class Scorer(nn.Module):
    def __init__(self, features=9):
        super().__init__()
        self.hidden = nn.Linear(features, 20)
        self.score = nn.Linear(20, 1)

    def forward(self, hike):
        return self.score(torch.relu(self.hidden(hike))).squeeze(-1)


def epoch(net, loader, opt, criterion):
    for first, second, liked in loader:
        loss = criterion(net(first), net(second), liked)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


torch.manual_seed(0)
scorer = Scorer()
loader = DataLoader(Preferences(), batch_size=16, shuffle=True)
opt = torch.optim.Adam(scorer.parameters(), lr=1e-2)
print(epoch(scorer, loader, opt, nn.MarginRankingLoss(margin=0.3)))
