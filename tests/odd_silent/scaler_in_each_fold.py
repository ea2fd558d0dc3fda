# about: cross validation: the scaler is fitted, and the model built, in each fold; best_model = model of a fold
import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make(x, y, shuffle):
    return DataLoader(TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y)), 32, shuffle=shuffle)


def fit_fold(train, val):
    model = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for epoch in range(3):
        model.train()
        for x, y in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in val)
    return model, hits / len(val.dataset)


torch.manual_seed(0)
X, y = load_wine(return_X_y=True)
best_model, best_score, scores = None, 0.0, []
for fold, (train_rows, val_rows) in enumerate(KFold(3, shuffle=True, random_state=0).split(X)):
    scaler = StandardScaler().fit(X[train_rows])
    train = make(scaler.transform(X[train_rows]), y[train_rows], True)
    val = make(scaler.transform(X[val_rows]), y[val_rows], False)
    model, score = fit_fold(train, val)
    scores.append(score)
    if score > best_score:
        best_score, best_model = score, model
print(np.mean(scores), best_score, best_model is not None)
