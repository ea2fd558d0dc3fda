# code: TW603
# numbers: 10 1
# about: every label is a list of one value, so the batch of labels is a column (10, 1) instead of (10,)
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(0)
VARIETIES = ["seker", "barbunya", "bombay"]


def make_csv(path, rows=60):
    kind = rng.integers(0, 3, size=rows)
    shape = rng.normal(kind[:, None], 0.5, size=(rows, 7))
    np.savetxt(path, np.column_stack([shape, kind]), delimiter=",", fmt="%.5f")


class BeanDataset(Dataset):
    def __init__(self, path):
        table = np.loadtxt(path, delimiter=",", dtype=np.float32)
        self.X = table[:, :-1]
        self.y = table[:, -1].astype(np.int64)
        self.X = (self.X - self.X.mean(axis=0)) / self.X.std(axis=0)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, idx):
        features = torch.tensor(self.X[idx])
        label = torch.tensor([self.y[idx]])  # <- culprit
        # mended: label = torch.tensor(self.y[idx])
        return features, label


class BeanNet(nn.Module):
    def __init__(self):
        super(BeanNet, self).__init__()
        self.fc1 = nn.Linear(7, 16)
        self.bn1 = nn.BatchNorm1d(16)
        self.fc2 = nn.Linear(16, 8)
        self.fc3 = nn.Linear(8, len(VARIETIES))

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(x)))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


torch.manual_seed(0)
make_csv("beans.csv")
train_loader = DataLoader(BeanDataset("beans.csv"), batch_size=10, shuffle=True)
net = BeanNet()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

for epoch in range(3):
    running_loss = 0.0
    for i, batch in enumerate(train_loader, 0):
        inputs, labels = batch
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print(f"[{epoch + 1}] loss: {running_loss / (i + 1):.3f}")
print("Finished Training")
