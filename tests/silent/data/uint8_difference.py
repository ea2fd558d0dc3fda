# code: TW742
# numbers: uint8
# about: the difference of two uint8 frames wraps round
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Frames(Dataset):
    def __init__(self):
        self.frames = torch.randint(0, 256, (41, 3, 8, 8), dtype=torch.uint8)

    def __len__(self):
        return 40

    def __getitem__(self, i):
        motion = self.frames[i + 1] - self.frames[i]  # <- culprit
        # mended: motion = self.frames[i + 1].float() - self.frames[i].float()
        return motion.float() / 255, i % 2


model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 2))
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(Frames(), batch_size=10):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
