# code: TW105
# numbers: meta cpu
# about: the move of image and mask in the loop is not assigned
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

DEVICE = torch.device("meta")


class Cells(Dataset):
    def __init__(self, n=24):
        g = torch.Generator().manual_seed(0)
        self.images = torch.rand(n, 1, 16, 16, generator=g)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = self.images[i]
        return {"name": f"cell{i}", "image": image, "mask": (image > 0.5).float()}


def to_device(sample, device):
    for key in ("image", "mask"):
        sample[key].to(device)  # <- culprit
        # mended: sample[key] = sample[key].to(device)
    return sample


net = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16)).to(DEVICE)
opt = torch.optim.Adam(net.parameters(), 1e-3)
bce = nn.BCEWithLogitsLoss()
for sample in DataLoader(Cells(), batch_size=6):
    sample = to_device(sample, DEVICE)
    scale = torch.ones(16, device=DEVICE)
    loss = bce(net(scale * sample["image"]), sample["mask"])
    opt.zero_grad()
    loss.backward()
    opt.step()
