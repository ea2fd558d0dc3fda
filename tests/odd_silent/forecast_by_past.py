# about: each window is scaled by its own past; a series is cut into past and future, which are inputs and targets
import torch
from torch import nn

torch.manual_seed(0)
series = torch.randn(40, 30).cumsum(1) + 5
centre = series.mean(dim=1, keepdim=True)
spread = series.std(dim=1, keepdim=True)
scaled = (series - centre) / spread
past, future = scaled[:, :20], scaled[:, 20:]
shift = series[:30].mean()
train_past, test_past = past[:30] - 0 * shift, past[30:] - 0 * shift
train_future, test_future = future[:30], future[30:]
model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 10))
optimizer = torch.optim.LBFGS(model.parameters(), max_iter=5)


def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(train_past), train_future)
    loss.backward()
    return loss


for _ in range(3):
    optimizer.step(closure)
with torch.no_grad():
    print(nn.functional.mse_loss(model(test_past), test_future).item())
