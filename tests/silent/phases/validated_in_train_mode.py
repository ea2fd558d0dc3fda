# code: TW720
# numbers: BatchNorm2d Dropout
# about: validation without model.eval()
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(8 * 36, 4))

    def forward(self, x):
        return self.classifier(self.stem(x))


def validate(model, loader):
    hits = 0
    with torch.no_grad():
        for images, labels in loader:
            hits += (model(images).argmax(dim=1) == labels).sum().item()  # <- culprit
            # mended: hits += (model.eval()(images).argmax(dim=1) == labels).sum().item()
    return hits / len(loader.dataset)


data = TensorDataset(torch.rand(80, 1, 12, 12), torch.randint(0, 4, (80,)))
train_set, val_set = random_split(data, [60, 20])
train_loader = DataLoader(train_set, batch_size=15, shuffle=True)
val_loader = DataLoader(val_set, batch_size=10)
model = ConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(2):
    model.train()
    for images, labels in train_loader:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, validate(model, val_loader))
