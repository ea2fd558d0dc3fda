# code: TW723
# numbers: -
# about: the losses are kept as tensors for a plot
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

net = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(torch.randn(70, 9), torch.randint(0, 2, (70,))), batch_size=10, shuffle=True)
history = []
for epoch in range(2):
    for features, target in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(features), target)
        loss.backward()
        optimizer.step()
        history.append(loss)  # <- culprit
        # mended: history.append(loss.item())
print(len(history))
