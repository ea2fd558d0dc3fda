# code: TW710
# numbers: sigmoid
# about: a segmentation net that ends in a sigmoid, trained with BCEWithLogitsLoss
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Blobs(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        image = torch.rand(1, 16, 16, generator=g)
        mask = (F.avg_pool2d(image[None], 3, 1, 1)[0] > 0.5).float()
        return image, mask


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(1, 8, 3, padding=1)
        self.down2 = nn.Conv2d(8, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 1, 1)

    def forward(self, x):
        a = F.relu(self.down1(x))
        b = F.relu(self.down2(F.max_pool2d(a, 2)))
        c = torch.cat([self.up(b), a], dim=1)
        return torch.sigmoid(self.out(c))  # <- culprit
        # mended: return self.out(c)


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
loader = DataLoader(Blobs(), batch_size=8, shuffle=True)
net = TinyUNet().to(device)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(2):
    running = 0.0
    for images, masks in loader:
        images, masks = images.to(device), masks.to(device)
        loss = criterion(net(images), masks)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(running / len(loader))
