# code: TW013
# numbers: ReLU
# about: nn.ReLU(x) builds a layer instead of applying it, and the pooling gets a module
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(16)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.fc1 = nn.Linear(16 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 10)
        self.dropout = nn.Dropout(p=0.3)

    def forward(self, x):
        x = self.bn1(self.conv1(x))
        x = nn.ReLU(x)  # <- culprit
        # mended: x = F.relu(x)
        x = self.pool(x)

        x = self.bn2(self.conv2(x))
        x = F.relu(x)
        x = self.pool(x)

        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.fc1(x)))
        x = self.fc2(x)
        return x


torch.manual_seed(0)

train_images = torch.rand(48, 3, 32, 32)
train_labels = torch.randint(0, 10, (48,))
train_set = torch.utils.data.TensorDataset(train_images, train_labels)
train_loader = torch.utils.data.DataLoader(train_set, batch_size=16, shuffle=True)

net = ConvNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

for epoch in range(2):
    running_loss = 0.0
    correct = 0
    for i, data in enumerate(train_loader, 0):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        correct += (outputs.argmax(1) == labels).sum().item()
    print("epoch %d: loss %.3f, accuracy %.2f" % (epoch + 1, running_loss / len(train_loader), correct / 48))

print("Finished Training")
