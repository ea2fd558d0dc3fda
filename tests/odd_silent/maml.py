"""MAML with functional_call: an inner step by autograd.grad, an outer one by an optimizer."""
import torch
from torch import nn
from torch.func import functional_call

model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
meta = torch.optim.Adam(model.parameters(), lr=1e-3)
for iteration in range(4):
    meta.zero_grad()
    for task in range(3):
        a = torch.rand(1) * 2
        x, xq = torch.rand(10, 1), torch.rand(10, 1)
        params = dict(model.named_parameters())
        inner = ((functional_call(model, params, (x,)) - a * x) ** 2).mean()
        grads = torch.autograd.grad(inner, list(params.values()), create_graph=True)
        fast = {name: p - 0.1 * g for (name, p), g in zip(params.items(), grads)}
        outer = ((functional_call(model, fast, (xq,)) - a * xq) ** 2).mean()
        outer.backward()
    meta.step()
