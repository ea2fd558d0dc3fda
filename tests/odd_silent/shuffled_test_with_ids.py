# about: the test loader shuffles, but ids and labels are collected in the same loop; the sizes of batches are counted
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(210, 4)
y = (x[:, 0] > 0).long()
ids = torch.arange(210)
train_loader = DataLoader(TensorDataset(x[:150], y[:150]), 32, shuffle=True)
test_loader = DataLoader(TensorDataset(x[150:], y[150:], ids[150:]), 32, shuffle=True)
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(2):
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
predictions, truth, names = [], [], []
total = count = 0
model.eval()
with torch.no_grad():
    for inputs, labels, numbers in test_loader:
        logits = model(inputs)
        total += nn.functional.cross_entropy(logits, labels).item() * len(labels)
        count += len(labels)
        predictions += logits.argmax(1).tolist()
        truth.extend(labels.tolist())
        names.extend(numbers.tolist())
hits, seen = torch.zeros(2), torch.zeros(2)
for prediction, label in zip(predictions, truth):
    hits[label] += prediction == label
    seen[label] += 1
for kind, share in zip(["low", "high"], (hits / seen).tolist()):  # one for each class, not for each sample
    print(kind, share)
frame = pd.DataFrame({"id": names, "prediction": predictions, "label": truth}).sort_values("id")
print(total / count, sum(p == t for p, t in zip(predictions, truth)) / count, len(frame))
