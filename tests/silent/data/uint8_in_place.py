# code: TW742
# numbers: -
# about: contrast and brightness in place on uint8 tensors
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, train):
        generator = torch.Generator().manual_seed(int(train))
        self.data = torch.randint(0, 256, (64, 1, 8, 8), dtype=torch.uint8, generator=generator)
        self.targets = torch.randint(0, 4, (64,), generator=generator)
        self.train = train

    def __len__(self):
        return 64

    def __getitem__(self, index):
        image = self.data[index].clone()
        if self.train:
            image += 50  # <- culprit
            # mended: image = (image.int() + 50).clamp(0, 255)
        return image.float() / 255 - 0.5, self.targets[index]


torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(2):
    for image, target in DataLoader(Digits(True), batch_size=16, shuffle=True):
        loss = nn.functional.cross_entropy(model(image), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
