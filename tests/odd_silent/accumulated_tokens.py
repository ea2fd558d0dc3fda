# about: gradients of several micro-batches are summed, and divided by the number of all tokens just before the step
import torch
from torch import nn

torch.manual_seed(0)
EVERY = 3
model = nn.Sequential(nn.Embedding(11, 8), nn.Linear(8, 11))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
criterion = nn.CrossEntropyLoss(ignore_index=0, reduction="sum")
tokens = 0
optimizer.zero_grad()
for step in range(12):
    batch = torch.randint(0, 11, (4, 9))
    inputs, targets = batch[:, :-1], batch[:, 1:]
    loss = criterion(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    tokens += (targets != 0).sum().item()
    if (step + 1) % EVERY == 0:
        for parameter in model.parameters():
            parameter.grad /= tokens
        optimizer.step()
        optimizer.zero_grad()
        tokens = 0
