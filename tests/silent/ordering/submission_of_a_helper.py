# code: TW752
# numbers: -
# about: a helper shuffles every loader, also that of the rows which are written beside their ids
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def batches(table, *names, shuffled=True):
    columns = [torch.tensor(table[list(names)].to_numpy(), dtype=torch.float32)]
    columns += [torch.tensor(table["sold"].to_numpy())] if "sold" in table else []
    return DataLoader(TensorDataset(*columns), 20, shuffle=shuffled)


torch.manual_seed(0)
table = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 3)), columns=["a", "b", "c"])
table["sold"] = (table["a"] > 0).astype(int)
new = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 3)), columns=["a", "b", "c"])
new.insert(0, "item", range(50))
model = nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train_rows = batches(table, "a", "b", "c")
new_rows = batches(new, "a", "b", "c")  # <- culprit
# mended: new_rows = batches(new, "a", "b", "c", shuffled=False)
for epoch in range(2):
    for x, y in train_rows:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
answers = []
with torch.no_grad():
    for (x,) in new_rows:
        answers.append(model(x).softmax(1)[:, 1])
result = pd.DataFrame({"item": new["item"], "sold": torch.cat(answers).numpy().round()})
