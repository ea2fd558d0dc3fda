# code: TW207
# numbers: 3 432
# about: the feature maps go into the linear head unflattened, so only the last dimension (3) meets its 432 inputs
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def features(plan, in_channels):
    layers = []
    for item in plan:
        if item == "pool":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(in_channels, item, 3, padding=1), nn.ReLU()]
            in_channels = item
    return layers


def head(n_in, n_hidden, n_out, p_drop=0.5):
    return [
        nn.Linear(n_in, n_hidden),
        nn.ReLU(),
        nn.Dropout(p_drop),
        nn.Linear(n_hidden, n_out),
    ]


PLAN = [12, "pool", 24, "pool", 48, 48, "pool"]
model = nn.Sequential(*features(PLAN, 1), *head(48 * 3 * 3, 64, 37))  # <- culprit
# mended: model = nn.Sequential(*features(PLAN, 1), nn.Flatten(), *head(48 * 3 * 3, 64, 37))


def init_weights(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)


def rmse(pred, votes):
    return torch.sqrt(nn.functional.mse_loss(pred, votes))


torch.manual_seed(31)
model.apply(init_weights)
galaxies = torch.randn(40, 1, 24, 24)
votes = torch.softmax(torch.randn(40, 37), dim=1)
train_loader = DataLoader(TensorDataset(galaxies[:32], votes[:32]), batch_size=8, shuffle=True)
valid_loader = DataLoader(TensorDataset(galaxies[32:], votes[32:]), batch_size=8)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
best = float("inf")

for epoch in range(2):
    model.train()
    for image, answer in train_loader:
        optimizer.zero_grad()
        loss = rmse(model(image).softmax(1), answer)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        score = sum(rmse(model(image).softmax(1), answer).item() for image, answer in valid_loader)
    if score < best:
        best = score
        torch.save(model.state_dict(), "best_galaxy.pt")
    print(f"epoch {epoch}: valid rmse {score:.4f}")
