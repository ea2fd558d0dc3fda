"""LBFGS with a closure fits a full batch; the last loss is kept."""
import torch
from torch import nn

x = torch.linspace(-2, 2, 50).unsqueeze(1)
y = x ** 3 - x
model = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1))
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=10, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = (model(x) - y).pow(2).mean()
    loss.backward()
    return loss


for epoch in range(5):
    loss = optimizer.step(closure)
    print(epoch, loss.item())
with torch.no_grad():
    print((model(x) - y).abs().max())
