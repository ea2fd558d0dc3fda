# code: TW712
# numbers: softmax
# about: distillation with KLDivLoss that gets probabilities on both sides
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
teacher = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 5)).eval()
student = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 5))
for p in teacher.parameters():
    p.requires_grad_(False)
loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 5, (64,))), batch_size=16)
optimizer = torch.optim.Adam(student.parameters(), lr=1e-3)
T, alpha = 4.0, 0.7
kl = nn.KLDivLoss(reduction="batchmean")
for x, y in loader:
    with torch.no_grad():
        soft = F.softmax(teacher(x) / T, dim=1)
    logits = student(x)
    distill = kl(F.softmax(logits / T, dim=1), soft) * T * T  # <- culprit
    # mended: distill = kl(F.log_softmax(logits / T, dim=1), soft) * T * T
    loss = alpha * distill + (1 - alpha) * F.cross_entropy(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
