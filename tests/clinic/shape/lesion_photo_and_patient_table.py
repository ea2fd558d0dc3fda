# code: TW210
# numbers: 4 2
# about: the image branch ends without flatten, so its features have 4 dimensions, the table's 2
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class LesionDataset(Dataset):
    """A photo, the patient's age, sex and site, and whether it was malignant."""

    def __init__(self, size=20):
        g = torch.Generator().manual_seed(5)
        self.photo = torch.rand(size, 3, 24, 24, generator=g)
        self.patient = torch.rand(size, 6, generator=g)
        self.label = torch.randint(0, 2, (size,), generator=g)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, index):
        return {"photo": self.photo[index], "patient": self.patient[index], "label": self.label[index]}


class FusionNet(nn.Module):
    def __init__(self, table_features=6, classes=2):
        super().__init__()
        self.image_branch = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),  # <- culprit
            # mended: nn.AdaptiveAvgPool2d(1),
            # mended: nn.Flatten(),
        )
        self.table_branch = nn.Sequential(nn.Linear(table_features, 12), nn.ReLU(), nn.Dropout(0.1))
        self.classifier = nn.Linear(16 + 12, classes)

    def forward(self, photo, patient):
        seen = self.image_branch(photo)  # <- or here
        known = self.table_branch(patient)
        return self.classifier(torch.cat([seen, known], dim=1))


def accuracy(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for batch in loader:
            guess = model(batch["photo"], batch["patient"]).argmax(1)
            right += (guess == batch["label"]).sum().item()
            total += len(guess)
    return right / total


def main():
    torch.manual_seed(5)
    loader = DataLoader(LesionDataset(), batch_size=5, shuffle=True)
    model = FusionNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(2):
        model.train()
        for batch in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(batch["photo"], batch["patient"]), batch["label"])
            loss.backward()
            optimizer.step()
        print(epoch, accuracy(model, loader))


main()
