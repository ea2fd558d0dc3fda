# about: functional_call with weights that are no leaves, gradients through an update, vmap over a meta model
import copy

import torch
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap

torch.manual_seed(29)


def mlp():
    return nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 1))


def task(n=10):
    amp, phase = torch.rand(2) * torch.tensor([2.0, 3.1])
    x = torch.rand(2 * n, 1) * 6 - 3
    y = amp * torch.sin(x + phase)
    return x[:n], y[:n], x[n:], y[n:]


def inner_loss(params, model, x, y):
    return (functional_call(model, params, (x,)) - y).square().mean()


model = mlp()
meta_opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(15):
    meta_opt.zero_grad()
    for _ in range(3):
        xs, ys, xq, yq = task()
        fast = dict(model.named_parameters())
        for _ in range(2):
            grads = torch.autograd.grad(inner_loss(fast, model, xs, ys), list(fast.values()), create_graph=True)
            fast = {k: p - 0.05 * g for (k, p), g in zip(fast.items(), grads)}  # no leaves, on purpose
        (inner_loss(fast, model, xq, yq) / 3).backward()
    meta_opt.step()

members = [mlp() for _ in range(4)]
params, buffers = stack_module_state(members)
skeleton = copy.deepcopy(members[0]).to("meta")  # has shapes only; the weights come from params


def one(p, b, x):
    return functional_call(skeleton, (p, b), (x,))


x = torch.linspace(-3, 3, 30)[:, None]
preds = vmap(one, in_dims=(0, 0, None))(params, buffers, x)
plain = {k: v.detach() for k, v in model.named_parameters()}
per_sample = vmap(grad(inner_loss), in_dims=(None, None, 0, 0))(plain, model, x[:, None], x[:, None].sin())
assert preds.shape == (4, 30, 1) and per_sample["0.weight"].shape == (30, 24, 1)
print(preds.std(0).mean().item(), per_sample["2.bias"].norm().item())
