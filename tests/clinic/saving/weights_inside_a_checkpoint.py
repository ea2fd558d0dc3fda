# code: TW804
# numbers: model_state
# about: the file holds a dictionary with epoch, losses and the weights under "model_state"; only those must be loaded
import pathlib

import torch
from torch import nn, optim


class Encoder(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv1d(c_in, c_out, 5, padding=2)
        self.bn = nn.BatchNorm1d(c_out)

    def forward(self, x):
        return torch.max_pool1d(torch.relu(self.bn(self.conv(x))), 2)


class ActivityNet(nn.Module):
    """Recognizes activities from an accelerometer's three axes."""

    def __init__(self, activities=4):
        super().__init__()
        self.encoder = nn.Sequential(Encoder(3, 8), Encoder(8, 16))
        self.lstm = nn.LSTM(16, 12, batch_first=True)
        self.fc = nn.Linear(12, activities)

    def forward(self, x):
        h = self.encoder(x).transpose(1, 2)
        _, (last, _) = self.lstm(h)
        return self.fc(last[-1])


def save_checkpoint(path, model, optimizer, epoch, losses):
    torch.save(
        {
            "epoch": epoch,
            "model_state": model.state_dict(),
            "optim_state": optimizer.state_dict(),
            "losses": losses,
        },
        path,
    )


def newest_weights(folder):
    newest = max(pathlib.Path(folder).glob("*.ckpt"))
    print("loading", newest.name)
    return torch.load(newest, weights_only=True)  # <- culprit
    # mended: return torch.load(newest, weights_only=True)["model_state"]


def train(x, y, folder, epochs=2):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    model = ActivityNet()
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for epoch in range(epochs):
        for idx in torch.randperm(len(x)).split(12):
            loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        save_checkpoint(folder / f"epoch{epoch:03d}.ckpt", model, optimizer, epoch, losses)


def deploy(folder):
    model = ActivityNet()
    model.load_state_dict(newest_weights(folder))  # <- or here
    return model.eval().requires_grad_(False)


torch.manual_seed(0)
x, y = torch.randn(36, 3, 32), torch.randint(0, 4, (36,))
train(x, y, "ckpt")
model = deploy("ckpt")
print(model(x[:5]).softmax(-1).max(-1).values)
