# code: TW713
# numbers: 6
# about: the gradients are never cleared
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 8, 3)
        self.fc = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.flatten(1))


def train(model, loader, optimizer, criterion):
    model.train()
    for images, labels in loader:
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()  # <- culprit
        # mended: optimizer.zero_grad(); loss.backward()
        optimizer.step()


net = Net()
dataset = TensorDataset(torch.rand(40, 1, 8, 8), torch.randint(0, 10, (40,)))
for epoch in range(2):
    if epoch == 0:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    train(net, DataLoader(dataset, batch_size=10, shuffle=True), optimizer, nn.CrossEntropyLoss())
