# code: TW750
# numbers: -
# about: the best features are chosen by their correlation over all rows
import numpy as np
import torch
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from torch import nn

rng = np.random.default_rng(5)
X = rng.normal(size=(150, 60)).astype(np.float32)
y = rng.integers(0, 2, 150)


def choose(X, y, k=8):
    return SelectKBest(f_classif, k=k).fit(X, y).get_support()  # <- culprit
    # mended: return np.arange(X.shape[1]) < k


keep = choose(X, y)
X_train, X_test, y_train, y_test = train_test_split(X[:, keep], y, test_size=0.3, random_state=1)
X_train, X_test = torch.from_numpy(X_train), torch.from_numpy(X_test)
y_train, y_test = torch.from_numpy(y_train), torch.from_numpy(y_test)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(30):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(X_train), y_train)
    loss.backward()
    optimizer.step()
print((model(X_test).argmax(1) == y_test).float().mean().item())
