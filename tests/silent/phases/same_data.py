# code: TW725
# numbers: val_loader
# about: the validation loader draws from the whole data set
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Points(Dataset):
    def __init__(self):
        self.x = torch.randn(90, 5)
        self.y = (self.x.norm(dim=1) > 2).long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


dataset = Points()
train_set, val_set = random_split(dataset, [0.8, 0.2])
train_loader = DataLoader(dataset, batch_size=18, shuffle=True)
val_loader = DataLoader(dataset, batch_size=18)  # <- culprit
# mended: train_loader = DataLoader(train_set, batch_size=18, shuffle=True)
# mended: val_loader = DataLoader(val_set, batch_size=18)
model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(2):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val_loader.dataset))
