# code: TW628
# numbers: 144.0
# about: the number of training samples is a share times a count, a float; random_split takes whole numbers (or shares alone)
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

TRAIN_SHARE = 0.8


class Recipes(Dataset):
    """Ingredients as a row of zeros and ones, and the minutes in the oven."""

    def __init__(self, count=180, ingredients=25):
        draw = torch.Generator().manual_seed(0)
        self.ingredients = (torch.rand(count, ingredients, generator=draw) < 0.2).float()
        self.minutes = 10 + 40 * self.ingredients[:, :5].sum(1)

    def __len__(self):
        return len(self.minutes)

    def __getitem__(self, index):
        return self.ingredients[index], self.minutes[index]


def split(data, share):
    num_train = len(data) * share  # <- culprit
    # mended: num_train = int(len(data) * share)
    return random_split(data, [num_train, len(data) - num_train], generator=torch.Generator().manual_seed(7))


def error(model, loader):
    model.eval()
    with torch.no_grad():
        parts = [(model(x).squeeze(1) - minutes).abs() for x, minutes in loader]
    return torch.cat(parts).mean().item()


train, valid = split(Recipes(), TRAIN_SHARE)
train_loader, valid_loader = DataLoader(train, batch_size=24, shuffle=True), DataLoader(valid, batch_size=36)
model = nn.Sequential(nn.Linear(25, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(3):
    model.train()
    for x, minutes in train_loader:
        loss = nn.functional.l1_loss(model(x).squeeze(1), minutes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, error(model, valid_loader))
