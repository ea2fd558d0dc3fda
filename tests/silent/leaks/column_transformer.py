# code: TW750
# numbers: -
# about: a ColumnTransformer is fitted in a data set that is split afterwards
import numpy as np, pandas as pd, torch
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from torch.utils.data import Dataset, DataLoader, random_split
import torch.nn as nn
class HouseDataset(Dataset):
    def __init__(self, df, target):
        self.target = target
        pre = ColumnTransformer([("num", StandardScaler(), ["a", "b"])])
        feats = pre.fit_transform(df)  # <- culprit
        # mended: feats = df[["a", "b"]].values
        self.X = torch.FloatTensor(feats)
        self.y = torch.FloatTensor(df[target].values)
    def __len__(self): return len(self.X)
    def __getitem__(self, i): return self.X[i], self.y[i]
def get_loaders(cfg):
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.normal(size=100), "b": rng.normal(size=100)})
    df["price"] = df.a * 2
    full = HouseDataset(df, "price")
    n_val = int(0.2 * len(full))
    train_set, val_set = random_split(full, [len(full) - n_val, n_val], generator=torch.Generator().manual_seed(cfg["seed"]))
    return DataLoader(train_set, batch_size=cfg["bs"], shuffle=True), DataLoader(val_set, batch_size=cfg["bs"])
cfg = {"seed": 42, "bs": 20}
tl, vl = get_loaders(cfg)
model = nn.Linear(2, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.01)
for ep in range(2):
    for X, y in tl:
        opt.zero_grad(); loss = ((model(X).squeeze() - y) ** 2).mean(); loss.backward(); opt.step()
