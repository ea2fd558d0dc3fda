# code: TW202
# numbers: -
# about: the data set gives each target as a vector of one value, the model answers one number a row
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rents(Dataset):
    def __init__(self, rooms, rent):
        self.rooms, self.rent = rooms, rent

    def __len__(self):
        return len(self.rooms)

    def __getitem__(self, index):
        target = torch.tensor([self.rent[index]])  # <- culprit
        # mended: target = torch.tensor(self.rent[index])
        return self.rooms[index], target


class Estimator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, rooms):
        return self.net(rooms)[:, 0]


torch.manual_seed(0)
rooms = torch.randn(90, 4)
loader = DataLoader(Rents(rooms, rooms.sum(1).tolist()), batch_size=30, shuffle=True)
model = Estimator()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(2):
    for batch, target in loader:
        loss = nn.functional.l1_loss(model(batch), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
