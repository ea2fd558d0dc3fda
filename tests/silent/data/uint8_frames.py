# code: TW742
# numbers: -
# about: frame differences of uint8 arrays, before anything is a tensor
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(2)
torch.manual_seed(2)
video = np.random.randint(0, 256, (121, 10, 10)).astype(np.uint8)
moved = np.random.randint(0, 2, 120)
motion = video[1:] - video[:-1]  # <- culprit
# mended: motion = video[1:].astype(np.float32) - video[:-1]
inputs = torch.from_numpy(motion.reshape(120, -1)).float() / 255
loader = DataLoader(TensorDataset(inputs, torch.from_numpy(moved)), batch_size=24, shuffle=True)
model = nn.Sequential(nn.Linear(100, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
