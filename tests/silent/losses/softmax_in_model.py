# code: TW710
# numbers: softmax
# about: nn.Softmax at the end of a Sequential that is trained with CrossEntropyLoss
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def make_model(num_features, num_classes):
    return nn.Sequential(
        nn.Linear(num_features, 64),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(64, num_classes),
        nn.Softmax(dim=1),  # <- culprit
        # mended: nn.Identity(),
    )


def main():
    torch.manual_seed(0)
    features = torch.randn(120, 10)
    labels = features[:, :4].argmax(dim=1)
    train = DataLoader(TensorDataset(features[:96], labels[:96]), batch_size=32, shuffle=True)
    test = DataLoader(TensorDataset(features[96:], labels[96:]), batch_size=32)
    model = make_model(10, 4)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
    for epoch in range(2):
        model.train()
        for x, y in train:
            optimizer.zero_grad(set_to_none=True)
            out = model(x)
            loss = loss_fn(out, y)
            loss.backward()
            optimizer.step()
        model.eval()
        correct = 0
        with torch.no_grad():
            for x, y in test:
                correct += (model(x).argmax(1) == y).sum().item()
        print(epoch, correct / 24)


if __name__ == "__main__":
    main()
