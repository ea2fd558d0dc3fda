# code: TW623
# numbers: 37
# about: dropna after sort_values leaves gaps in the row labels, .loc takes the position for a label; reset the index after dropna
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

COLUMNS = ["stop", "rain", "load"]


def read_delays():
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "stop": rng.integers(0, 9, 80),
            "rain": rng.random(80),
            "load": rng.random(80),
            "delay": rng.random(80),
            "note": "-",
        }
    )
    frame.loc[[0, 20, 33], "rain"] = np.nan
    return frame


def prepare(frame):
    frame = frame.drop(columns=["note"])
    frame = frame.sort_values("stop").reset_index(drop=True)
    keep = frame["rain"].notna()
    frame = frame[keep]  # <- culprit
    # mended: frame = frame[keep].reset_index(drop=True)
    frame["load"] = frame["load"].clip(0, 1)
    return frame


class Delays(Dataset):
    def __init__(self, frame):
        self.frame = frame

    def __len__(self):
        return len(self.frame)

    def __getitem__(self, position):
        record = self.frame.loc[position]  # <- or here
        return torch.tensor(record[COLUMNS].to_numpy(dtype="float32")), torch.tensor([record["delay"]]).float()


data = Delays(prepare(read_delays()))
net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
opt = torch.optim.Adam(net.parameters())
for x, y in DataLoader(data, batch_size=200):
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    opt.step()
    print(loss.item())
