# code: TW726
# numbers: -
# about: raw years and prices go in; nothing is learned
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
year = torch.randint(1950, 2024, (400, 1)).float()
area = torch.rand(400, 1) * 20000 + 500
rooms = torch.randint(1, 9, (400, 1)).float()
x = torch.cat([year, area, rooms], dim=1)  # <- culprit
# mended: x = torch.cat([(year - 1987) / 21, (area - 10500) / 5800, (rooms - 4.5) / 2.3], dim=1)
y = ((year > 1985).squeeze(1) & (rooms.squeeze(1) > 3)).long()
loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)
model = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))  # <- or here
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(5):
    for xb, yb in loader:
        loss = nn.functional.cross_entropy(model(xb), yb)  # <- or here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(loss.item())
