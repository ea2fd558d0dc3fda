# code: TW759
# numbers: -
# about: scaler.step(optimizer) without scaler.update()
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
x = torch.randn(96, 12)
loader = DataLoader(TensorDataset(x, (x.sum(1) > 0).float()), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 1)).to(device)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
for epoch in range(2):
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)
        opt.zero_grad()
        with torch.autocast(device, dtype=torch.float16 if device == "cuda" else torch.bfloat16):
            loss = nn.functional.binary_cross_entropy_with_logits(net(inputs).squeeze(1), targets)
        scaler.scale(loss).backward()
        scaler.step(opt)  # <- culprit
        # mended: scaler.step(opt); scaler.update()
