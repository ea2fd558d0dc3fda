# code: TW750
# numbers: -
# about: columns of a pandas frame are standardised in a helper, sample() and drop() split it later
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn

NUMERIC = ["age", "income", "visits"]


def read_table():
    rng = np.random.default_rng(3)
    df = pd.DataFrame({"age": rng.normal(40, 12, 250), "income": rng.normal(3e4, 8e3, 250), "visits": rng.poisson(4, 250)})
    df["churn"] = (df.age + df.visits * 3 + rng.normal(0, 8, 250) > 52).astype(int)
    return df


def prepare(df):
    df[NUMERIC] = (df[NUMERIC] - df[NUMERIC].mean()) / df[NUMERIC].std()  # <- culprit
    # mended: df[NUMERIC] = df[NUMERIC] / [40, 3e4, 4]
    return df


def tensors(df):
    return torch.tensor(df[NUMERIC].values, dtype=torch.float32), torch.tensor(df["churn"].values, dtype=torch.float32)


torch.manual_seed(1)
table = prepare(read_table())
train_df, val_df = train_test_split(table, test_size=0.25, random_state=1)
x, y = tensors(train_df)
xv, yv = tensors(val_df)
clf = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
opt = torch.optim.AdamW(clf.parameters(), lr=0.01)
for epoch in range(30):
    opt.zero_grad()
    loss = nn.functional.binary_cross_entropy_with_logits(clf(x).squeeze(-1), y)
    loss.backward()
    opt.step()
with torch.no_grad():
    print("val", ((clf(xv).squeeze(-1) > 0) == yv.bool()).float().mean().item())
