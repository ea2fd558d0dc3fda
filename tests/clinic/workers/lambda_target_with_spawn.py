# code: TW904
# numbers: lambda spawn
# about: the data set holds a lambda, and a spawned worker gets the data set pickled
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def counts_to_logs(counts):
    return torch.log1p(counts)


def total_to_class(total):
    return int(total > 40)


class CountTable(Dataset):
    """Counts of visitors in the twelve hours of a day."""

    def __init__(self, days, transform=None, target_transform=None):
        g = torch.Generator().manual_seed(0)
        self.counts = torch.poisson(torch.rand(days, 12, generator=g) * 6, generator=g)
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self):
        return len(self.counts)

    def __getitem__(self, day):
        counts, target = self.counts[day], self.counts[day].sum().item()
        if self.transform is not None:
            counts = self.transform(counts)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return counts, target


def make_dataset(days):
    return CountTable(
        days,
        transform=counts_to_logs,
        target_transform=lambda total: int(total > 40),  # <- culprit
        # mended: target_transform=total_to_class,
    )


def make_loader(dataset, workers):
    context = "spawn" if workers else None
    return DataLoader(dataset, batch_size=10, shuffle=True, num_workers=workers, multiprocessing_context=context)


def train(loader, epochs):
    model = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        total = 0.0
        for counts, busy in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(counts), busy)
            loss.backward()
            optimizer.step()
            total += loss.item() / len(loader)
        print(f"epoch {epoch}: {total:.3f}")
    return model


if __name__ == "__main__":
    torch.manual_seed(0)
    train(make_loader(make_dataset(40), workers=1), epochs=1)
