# code: TW752
# numbers: -
# about: the test loader shuffles, and the predictions are written beside the ids of the file
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x_train, x_test = torch.randn(200, 5), torch.randn(60, 5)
y_train = (x_train.sum(1) > 0).float()
test_ids = [f"case-{i:03}" for i in range(60)]

train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=20, shuffle=True)
test_loader = DataLoader(TensorDataset(x_test), batch_size=20, shuffle=True)  # <- culprit
# mended: test_loader = DataLoader(TensorDataset(x_test), batch_size=20)
model = nn.Sequential(nn.Linear(5, 10), nn.ReLU(), nn.Linear(10, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(3):
    for xb, yb in train_loader:
        loss = nn.functional.binary_cross_entropy_with_logits(model(xb).squeeze(1), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

model.eval()
predictions = []
with torch.no_grad():
    for (xb,) in test_loader:
        predictions.extend((model(xb).squeeze(1) > 0).int().tolist())
pd.DataFrame({"id": test_ids, "label": predictions}).to_csv("submission.csv", index=False)
