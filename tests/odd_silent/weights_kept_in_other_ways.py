# about: the best weights are written into a buffer, cloned, or taken right before the loop is left; a living view on purpose
import copy
import io

import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(64, 4), torch.randn(64, 1)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
live = model.state_dict()  # a view: its norms are watched during the training
best, cloned, reached, buffer = float("inf"), None, None, io.BytesIO()
for epoch in range(8):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    if loss.item() < best:
        best = loss.item()
        buffer.seek(0)
        torch.save(model.state_dict(), buffer)
        state = model.state_dict()
        cloned = {name: value.detach().clone() for name, value in state.items()}
        snapshot = copy.deepcopy(model)
    if loss.item() < 0.5 or epoch == 7:
        reached = model.state_dict()
        break
print(live["0.weight"].norm())
model.load_state_dict(cloned)
model.load_state_dict(reached)
buffer.seek(0)
snapshot.load_state_dict(torch.load(buffer))
