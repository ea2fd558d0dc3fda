# code: TW731
# numbers: -
# about: autocast to float16 without a scaler
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = "cuda" if torch.cuda.is_available() else "cpu"
model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 4)).to(device)
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(TensorDataset(torch.randn(64, 16), torch.randint(0, 4, (64,))), batch_size=16):
    x, y = x.to(device), y.to(device)
    optimizer.zero_grad()
    dtype = torch.float16
    # mended: dtype = torch.bfloat16
    with torch.autocast(device_type=device, dtype=dtype):
        loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()  # <- culprit
    # mended: loss.backward()
    optimizer.step()
