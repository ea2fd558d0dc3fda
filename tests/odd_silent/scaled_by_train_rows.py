# about: statistics of the first 160 rows scale all rows, which are cut afterwards; each image by its own mean
import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn

rng = np.random.default_rng(0)
torch.manual_seed(0)
n = 160
table = rng.normal(3, 2, (200, 5)).astype("float32")
scaler = StandardScaler()
scaler.fit(table[:n])
table = scaler.transform(table)
images = rng.random((200, 6, 6)).astype("float32")
images = (images - images.mean(axis=(1, 2), keepdims=True)) / images.std(axis=(1, 2), keepdims=True)
rows = np.stack([(row - row.mean()) / (row.std() + 1e-6) for row in rng.random((200, 4))]).astype("float32")
features = torch.from_numpy(np.concatenate([table, images.reshape(200, -1), rows], axis=1))
labels = (features[:, 0] > 0).float()
x_train, x_test = features[:n], features[n:]
y_train, y_test = labels[:n], labels[n:]
net = nn.Sequential(nn.Linear(45, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(net.parameters(), 0.01)
for _ in range(10):
    optimizer.zero_grad()
    loss = nn.functional.binary_cross_entropy_with_logits(net(x_train)[:, 0], y_train)
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(((net(x_test)[:, 0] > 0) == y_test.bool()).float().mean())
