# code: TW755
# numbers: -
# about: train and validation are parts of one data set with random flips and noise
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Digits(Dataset):
    def __init__(self, n=160, augment=True):
        g = torch.Generator().manual_seed(4)
        self.labels = torch.randint(0, 4, (n,), generator=g)
        self.images = torch.rand(n, 1, 8, 8, generator=g)
        for image, label in zip(self.images, self.labels):
            image[0, :, 2 * label] += 1
        self.augment = augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if self.augment:
            if torch.rand(()) < 0.5:
                image = image.flip(1)
            image = image + 0.1 * torch.randn_like(image)
        return image, self.labels[i]


torch.manual_seed(0)
data = Digits()
train, val = random_split(data, [128, 32])
train_loader = DataLoader(train, batch_size=32, shuffle=True)
val_loader = DataLoader(val, batch_size=32)  # <- culprit
# mended: val_loader = DataLoader(torch.utils.data.Subset(Digits(augment=False), val.indices), batch_size=32)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 4))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    net.train()
    for image, label in train_loader:
        loss = nn.functional.cross_entropy(net(image), label)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    hits = 0
    with torch.no_grad():
        for image, label in val_loader:
            hits += (net(image).argmax(1) == label).sum().item()
    print(epoch, hits / len(val))
