# code: TW750
# numbers: -
# about: StandardScaler is fitted on all rows, train_test_split comes two lines later
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_diabetes(return_X_y=True)
scaler = StandardScaler()
X = scaler.fit_transform(X)  # <- culprit
# mended:
y = (y - 150.0) / 80.0
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
# mended: X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
# mended: X_train = scaler.fit_transform(X_train)
# mended: X_test = scaler.transform(X_test)
train = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train, dtype=torch.float32))
train_loader = DataLoader(train, batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    for xb, yb in train_loader:
        loss = nn.functional.mse_loss(model(xb).squeeze(1), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    rmse = np.sqrt(((model(torch.tensor(X_test, dtype=torch.float32)).squeeze(1).numpy() - y_test) ** 2).mean())
print(f"test rmse {rmse:.3f}")
