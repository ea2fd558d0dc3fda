# about: step gets a closure that runs backward several times, and the parameters are plain tensors without any module
import math

import torch

torch.set_default_dtype(torch.float64)  # a fit, not a network
torch.manual_seed(9)


def curve(t, amp, rate, freq, phase):
    return amp * torch.exp(-rate * t) * torch.cos(2 * math.pi * freq * t + phase)


t = torch.linspace(0, 3, 150)
truth = torch.tensor([2.0, 0.7, 1.3, 0.4])
observed = curve(t, *truth) + 0.02 * torch.randn_like(t)

theta = torch.tensor([1.0, 1.0, 1.25, 0.0], requires_grad=True)
optimizer = torch.optim.LBFGS([theta], lr=1, max_iter=20, line_search_fn="strong_wolfe")
calls = 0


def closure():
    global calls
    calls += 1
    if torch.is_grad_enabled():
        optimizer.zero_grad()
    loss = (curve(t, *theta) - observed).square().sum()
    if loss.requires_grad:
        loss.backward()
    return loss


for outer in range(6):
    loss = optimizer.step(closure)
    if theta.grad.abs().max() < 1e-7:
        break

residual = (curve(t, *theta) - observed).detach()
J = torch.autograd.functional.jacobian(lambda th: curve(t, *th), theta.detach())
cov = torch.linalg.inv(J.T @ J) * residual.var()
print("evaluations", calls, "loss", loss.item())
for name, value, err in zip(("amp", "rate", "freq", "phase"), theta.tolist(), cov.diag().sqrt().tolist()):
    print(f"{name:6s} {value: .4f} +- {err:.4f}")
assert torch.allclose(theta.detach(), truth, atol=0.1)
