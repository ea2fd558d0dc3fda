# code: TW623
# numbers: quality grade
# about: reading renames the header's "quality" to "grade", __getitem__ still asks for row["quality"]
import csv
import io

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

HEADER = ["Fixed Acidity", "Residual Sugar", "pH", "Alcohol", "Quality Score"]
RENAMED = {"Quality Score": "grade"}  # <- culprit
# mended: RENAMED = {"Quality Score": "quality"}


def write_table(n=60):
    g = torch.Generator().manual_seed(17)
    values = torch.rand(n, 4, generator=g)
    quality = (values[:, 3] * 3).long().clamp(max=2)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for row, q in zip(values.tolist(), quality.tolist()):
        writer.writerow([f"{v:.4f}" for v in row] + [q])
    return out.getvalue()


def read_table(text):
    rows = csv.reader(io.StringIO(text))
    names = [RENAMED.get(name, name.lower().replace(" ", "_")) for name in next(rows)]
    return [dict(zip(names, map(float, row))) for row in rows]


class WineDataset(Dataset):
    FEATURES = ("fixed_acidity", "residual_sugar", "ph", "alcohol")

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        row = self.rows[i]
        features = torch.tensor([row[name] for name in self.FEATURES])
        return features, int(row["quality"])  # <- or here


def accuracy(model, loader):
    with torch.no_grad():
        hits = [(model(x).argmax(1) == y).float() for x, y in loader]
    return torch.cat(hits).mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    wines = WineDataset(read_table(write_table()))
    train, test = random_split(wines, [0.8, 0.2])
    loaders = {
        "train": DataLoader(train, batch_size=16, shuffle=True, num_workers=2),
        "test": DataLoader(test, batch_size=16),
    }
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for x, y in loaders["train"]:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    print("accuracy", accuracy(model.eval(), loaders["test"]))
