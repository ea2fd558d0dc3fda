# code: TW204
# numbers: 4 3
# about: training went by batches, but the single picture is predicted without a batch dimension
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SPECIES = ["oak", "maple", "birch"]


class Leaves(Dataset):
    def __init__(self, n, augment=False):
        self.n, self.augment = n, augment

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(1000 + i)
        leaf = torch.rand(3, 24, 24, generator=g)
        y = i % len(SPECIES)
        leaf[y] += 0.4
        if self.augment and i % 2:
            leaf = leaf.flip(-1)
        return leaf, y


def conv_bn(i, o):
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True), nn.MaxPool2d(2)]


def build_model():
    return nn.Sequential(*conv_bn(3, 8), *conv_bn(8, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3))


def fit(model, loader, epochs):
    opt = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        model.train()
        for leaf, y in loader:
            loss = nn.functional.cross_entropy(model(leaf), y)
            opt.zero_grad()
            loss.backward()
            opt.step()


@torch.inference_mode()
def predict(model, leaf):
    model.eval()
    probs = model(leaf).softmax(-1).squeeze(0)  # <- culprit
    # mended: probs = model(leaf.unsqueeze(0)).softmax(-1).squeeze(0)
    best = int(probs.argmax())
    return SPECIES[best], float(probs[best])


def main():
    torch.manual_seed(4)
    model = build_model()
    fit(model, DataLoader(Leaves(48, augment=True), batch_size=12, shuffle=True), epochs=2)
    torch.save(model.state_dict(), "leaves.pth")
    fresh = build_model()
    fresh.load_state_dict(torch.load("leaves.pth"))
    test = Leaves(9)
    picture, truth = test[4]
    name, p = predict(fresh, picture)  # <- or here
    print(f"this is a {name} ({p:.0%}); truly a {SPECIES[truth]}")


if __name__ == "__main__":
    main()
