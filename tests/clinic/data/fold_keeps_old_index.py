# code: TW623
# numbers: 0
# about: the fold's frame keeps the row labels of the whole table, so df["delay"][idx] finds no label 0
import argparse

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

parser = argparse.ArgumentParser(description="flight delays")
parser.add_argument("--folds", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--epochs", type=int, default=1)


def load_frame(n=90):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "distance": rng.uniform(100, 3000, n),
            "hour": rng.integers(5, 24, n),
            "carrier": rng.integers(0, 4, n),
        }
    )
    frame["delay"] = 0.5 * frame["hour"] + 3 * frame["carrier"] + rng.normal(0, 2, n)
    frame["fold"] = np.arange(n) % 3
    return frame


class Flights(Dataset):
    def __init__(self, df):
        self.df = df

    def __len__(self):
        return len(self.df)

    def __getitem__(self, idx):
        numeric = torch.tensor([self.df["distance"][idx] / 3000, self.df["hour"][idx] / 24], dtype=torch.float32)
        carrier = torch.tensor(self.df["carrier"][idx])
        delay = torch.tensor(self.df["delay"][idx], dtype=torch.float32)
        return numeric, carrier, delay


class DelayModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.carrier = nn.Embedding(4, 3)
        self.net = nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, numeric, carrier):
        return self.net(torch.cat([numeric, self.carrier(carrier)], 1)).flatten()


def split(frame, fold):
    train = frame[frame["fold"] != fold]  # <- culprit # -
    val = frame[frame["fold"] == fold]  # <- culprit # -
    # mended: train = frame[frame["fold"] != fold].reset_index(drop=True)
    # mended: val = frame[frame["fold"] == fold].reset_index(drop=True)
    return Flights(train), Flights(val)


def main(args):
    torch.manual_seed(0)
    frame = load_frame()
    for fold in range(args.folds):
        train, val = split(frame, fold)
        model = DelayModel()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(args.epochs):
            for numeric, carrier, delay in DataLoader(train, args.batch_size):
                loss = nn.functional.l1_loss(model(numeric, carrier), delay)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        with torch.no_grad():
            numeric, carrier, delay = next(iter(DataLoader(val, len(val))))
            print(f"fold {fold}: MAE {nn.functional.l1_loss(model(numeric, carrier), delay):.2f}")


main(parser.parse_args([]))
