# code: TW604
# numbers: 5 4
# about: the rarest class 4 isn't in the training part, so bincount gives 4 weights for 5 classes
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

CLASSES = ("fine", "unbalance", "looseness", "misaligned", "cracked")


def vibration_data(counts):
    """Spectra of a machine's vibration, a few of every fault, the commonest first."""
    spectra, kinds = [], []
    for kind, count in enumerate(counts):
        base = torch.zeros(24)
        base[3 * kind : 3 * kind + 4] = 1.0
        spectra.append(base + 0.2 * torch.randn(count, 24))
        kinds.append(torch.full((count,), kind))
    return torch.cat(spectra), torch.cat(kinds)


def inverse_frequency(labels):
    counts = torch.bincount(labels)  # <- culprit
    # mended: counts = torch.bincount(labels, minlength=len(CLASSES))
    return labels.numel() / (len(counts) * counts.clamp(min=1).float())


class FaultNet(nn.Module):
    def __init__(self, bins, classes, width=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.Unflatten(1, (1, bins)),
            nn.Conv1d(1, width, 5, padding=2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Flatten(),
        )
        self.output = nn.Linear(width * bins // 2, classes)

    def forward(self, spectrum):
        return self.output(self.features(spectrum))


def main():
    torch.manual_seed(2)
    spectra, kinds = vibration_data([40, 20, 12, 6])
    rare_spectra, rare_kinds = torch.rand(2, 24), torch.tensor([4, 4])
    train_part, valid_part = random_split(TensorDataset(spectra, kinds), [0.8, 0.2])
    valid_x = torch.cat([spectra[valid_part.indices], rare_spectra])
    valid_y = torch.cat([kinds[valid_part.indices], rare_kinds])

    weights = inverse_frequency(kinds[train_part.indices])
    criterion = nn.CrossEntropyLoss(weight=weights)
    model = FaultNet(24, len(CLASSES))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(2):
        model.train()
        for spectrum, kind in DataLoader(train_part, batch_size=16, shuffle=True):
            loss = criterion(model(spectrum), kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch}: validation {criterion(model(valid_x), valid_y).item():.3f}")


if __name__ == "__main__":
    main()
