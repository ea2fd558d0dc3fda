# code: TW751
# numbers: 120
# about: a data set of its own walks class by class; shuffle=False was copied from the validation loader
import argparse

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class Glyphs(Dataset):
    """Small pictures, the files listed class by class."""

    def __init__(self, per_class, classes=4):
        self.files = [(c, k) for c in range(classes) for k in range(per_class)]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        c, k = self.files[index]
        image = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(97 * c + k)) * 0.5
        image[0, 2 * c : 2 * c + 2] += 0.7
        return {"image": image, "label": c}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3, padding=1)
        self.out = nn.Linear(6 * 16, 4)

    def forward(self, x):
        return self.out(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bs", type=int, default=20)
    cfg = p.parse_args([])
    torch.manual_seed(2)
    loader = DataLoader(Glyphs(30), batch_size=cfg.bs, shuffle=False)  # <- culprit
    # mended: loader = DataLoader(Glyphs(30), batch_size=cfg.bs, shuffle=True)
    net = Net()
    opt = optim.Adam(net.parameters(), 1e-3)
    for epoch in range(2):
        for batch in loader:
            opt.zero_grad()
            F.cross_entropy(net(batch["image"]), batch["label"]).backward()
            opt.step()


if __name__ == "__main__":
    main()
