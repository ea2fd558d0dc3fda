# code: TW750
# numbers: -
# about: a helper takes mean and deviation of all rows; the rows are permuted and cut afterwards
import numpy as np, torch
from torch import nn
def standardize(a):
    mu = np.mean(a, axis=0)  # <- culprit
    # mended: mu = 0.0
    sd = np.std(a, axis=0) + 1e-8  # <- or here
    # mended: sd = 1.0
    return (a - mu) / sd
np.random.seed(0); torch.manual_seed(0)
X = np.random.randn(100, 3) * 3
y = (X[:, 0] > 0).astype(np.int64)
X = standardize(X)
idx = np.random.permutation(len(X))
train_idx, test_idx = idx[:80], idx[80:]
Xtr, Xte = torch.tensor(X[train_idx]).float(), torch.tensor(X[test_idx]).float()
ytr, yte = torch.tensor(y[train_idx]), torch.tensor(y[test_idx])
m = nn.Linear(3, 2); o = torch.optim.Adam(m.parameters(), lr=1e-2)
for e in range(5):
    l = nn.functional.cross_entropy(m(Xtr), ytr); o.zero_grad(); l.backward(); o.step()
print((m(Xte).argmax(1) == yte).float().mean())
