# code: TW714
# numbers: -
# about: zero_grad between backward and step
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

model = nn.Sequential(nn.Embedding(30, 8), nn.Flatten(), nn.Linear(40, 16), nn.GELU(), nn.Linear(16, 3))
loader = DataLoader(TensorDataset(torch.randint(0, 30, (60, 5)), torch.randint(0, 3, (60,))), batch_size=12)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    for step, (tokens, labels) in enumerate(loader):
        logits = model(tokens)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.zero_grad()  # <- culprit
        # mended: optimizer.step()
        optimizer.step()
        # mended: optimizer.zero_grad()
        if step % 2 == 0:
            print(epoch, step, loss.item())
