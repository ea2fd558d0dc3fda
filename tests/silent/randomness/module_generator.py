# code: TW756
# numbers: -
# about: a random.Random of the file is copied into the workers; two parts of one data set
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
RNG = random.Random(1)  # <- culprit
# mended: RNG = None
class D(Dataset):
    def __len__(self): return 40
    def __getitem__(self, i):
        return self.augment(torch.ones(3) * i / 40), i % 2
    def augment(self, x):
        if RNG.random() < 0.5:
            # mended: if torch.rand(()) < 0.5:
            x = -x
        return x
if __name__ == "__main__":
    torch.manual_seed(0)
    a, b = random_split(D(), [32, 8])
    train_dl = DataLoader(a, batch_size=8, shuffle=True, num_workers=2)
    net = nn.Linear(3, 2); opt = torch.optim.Adam(net.parameters())
    for x, y in train_dl:
        opt.zero_grad(); nn.functional.cross_entropy(net(x), y).backward(); opt.step()
