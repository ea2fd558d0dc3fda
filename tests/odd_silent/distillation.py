"""Distillation from a frozen teacher with dropout, and an EMA of the student that is evaluated."""
import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

teacher = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 3)).eval()
student = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
ema = copy.deepcopy(student).requires_grad_(False)
for p in teacher.parameters():
    p.requires_grad = False
optimizer = torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9, nesterov=True)
X, y = torch.randn(96, 8), torch.randint(0, 3, (96,))
train, valid = DataLoader(TensorDataset(X[:64], y[:64]), 16, shuffle=True), DataLoader(TensorDataset(X[64:], y[64:]), 16)
for epoch in range(2):
    student.train()
    for a, b in train:
        with torch.no_grad():
            soft = teacher(a)
        logits = student(a)
        loss = F.kl_div(F.log_softmax(logits / 2, 1), F.log_softmax(soft / 2, 1), reduction="batchmean", log_target=True)
        loss = 4 * loss + F.cross_entropy(logits, b, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for p, q in zip(ema.parameters(), student.parameters()):
                p.mul_(0.9).add_(q, alpha=0.1)
            for p, q in zip(ema.buffers(), student.buffers()):
                p.copy_(q)
    ema.eval()
    with torch.inference_mode():
        print(sum((ema(a).argmax(1) == b).sum().item() for a, b in valid) / 32)
