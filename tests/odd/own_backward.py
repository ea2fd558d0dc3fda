# about: backward is deliberately not the derivative (straight-through, reversed), and gives None for some inputs
import torch
from torch import nn
from torch.autograd import Function


class Binarize(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad_out):
        (x,) = ctx.saved_tensors
        return grad_out * (x.abs() <= 1)  # straight through


class ReverseGrad(Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_out):
        return -ctx.strength * grad_out, None


class BinaryLinear(nn.Linear):
    def forward(self, x):
        w = Binarize.apply(self.weight) * self.weight.detach().abs().mean(1, keepdim=True)
        return nn.functional.linear(x, w, self.bias)


class DomainNet(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.features = nn.Sequential(BinaryLinear(n, 20), nn.Tanh(), BinaryLinear(20, 20), nn.Tanh())
        self.task, self.domain = nn.Linear(20, 1), nn.Linear(20, 1)

    def forward(self, x, strength=0.3):
        f = self.features(x)
        return self.task(f)[:, 0], self.domain(ReverseGrad.apply(f, strength))[:, 0]


torch.manual_seed(37)
model = DomainNet(6)
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
bce = nn.functional.binary_cross_entropy_with_logits
for it in range(30):
    src, tgt = torch.randn(32, 6), torch.randn(32, 6) + 0.5
    y = (src[:, 0] > src[:, 1]).float()
    task, dom_src = model(src)
    _, dom_tgt = model(tgt, strength=min(1.0, it / 20))
    domain = bce(torch.cat([dom_src, dom_tgt]), torch.arange(64).ge(32).float())
    opt.zero_grad()
    (bce(task, y) + domain).backward()
    opt.step()
print(f"domain {domain.item():.3f} (near 0.69 is good)")
