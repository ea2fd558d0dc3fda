# code: TW620
# numbers: 1 3
# about: grey pictures get one channel where the coloured ones have three; repeat it
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def with_channels(picture):
    return picture.permute(2, 0, 1) if picture.dim() == 3 else picture.unsqueeze(0)  # <- culprit
    # mended: return picture.permute(2, 0, 1) if picture.dim() == 3 else picture.expand(3, -1, -1)


class Plates(Dataset):
    def __init__(self, n):
        g = torch.Generator().manual_seed(1)
        self.raw = [torch.rand((20, 20) if k % 4 == 1 else (20, 20, 3), generator=g) for k in range(n)]

    def __len__(self):
        return len(self.raw)

    def __getitem__(self, i):
        return {"plate": with_channels(self.raw[i]), "age": float(i)}


net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.LazyLinear(1))
for batch in DataLoader(Plates(16), batch_size=8):
    nn.functional.mse_loss(net(batch["plate"]).squeeze(1), batch["age"].float()).backward()
