# code: TW752
# numbers: -
# about: predict() collects over a shuffling loader; the score compares with labels in the order of the table
import numpy as np
import torch
from sklearn.metrics import accuracy_score
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    def __init__(self, features, labels):
        self.features, self.labels = features, labels

    def __len__(self):
        return len(self.features)

    def __getitem__(self, i):
        return torch.from_numpy(self.features[i]), int(self.labels[i])


def make_loader(features, labels):
    return DataLoader(Rows(features, labels), batch_size=16, shuffle=True)  # <- culprit
    # mended: return DataLoader(Rows(features, labels), batch_size=16, shuffle=len(labels) > 50)


def predict(model, loader):
    model.eval()
    outputs = []
    with torch.inference_mode():
        for features, _ in loader:
            outputs.append(model(features).argmax(dim=1))
    return torch.cat(outputs).numpy()


def main():
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    features = rng.normal(size=(200, 4)).astype("float32")
    labels = (features[:, 0] > 0).astype(int)
    train_loader = make_loader(features[:150], labels[:150])
    test_loader = make_loader(features[150:], labels[150:])  # <- or here
    model = nn.Linear(4, 2)
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(3):
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
    print("accuracy", accuracy_score(labels[150:], predict(model, test_loader)))


if __name__ == "__main__":
    main()
