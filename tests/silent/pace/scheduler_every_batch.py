# code: TW729
# numbers: ExponentialLR
# about: a schedule of epochs steps with every batch
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MLP(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(x))
        return self.layers[-1](x)


model = MLP(8, 32, 32, 4)
loader = DataLoader(TensorDataset(torch.randn(640, 8), torch.randint(0, 4, (640,))), batch_size=8, shuffle=True)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        scheduler.step()  # <- culprit
        # mended: pass
    print(epoch, optimizer.param_groups[0]["lr"])
    # mended: scheduler.step()
