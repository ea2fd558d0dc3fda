# code: TW511
# numbers: 2 1
# about: forward of the Function takes two inputs (x and levels), its backward returns one gradient
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Quantize(torch.autograd.Function):
    """Rounds to a number of levels; the gradient goes straight through inside of [-1, 1]."""

    @staticmethod
    def forward(ctx, x, levels):
        ctx.save_for_backward(x)
        clipped = x.clamp(-1, 1)
        return torch.round(clipped * (levels - 1) / 2) * 2 / (levels - 1)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        inside = (x.abs() <= 1).to(grad_output.dtype)
        return grad_output * inside  # <- culprit
        # mended: return grad_output * inside, None


class QuantLinear(nn.Linear):
    def __init__(self, in_features, out_features, bits):
        super().__init__(in_features, out_features)
        self.levels = 2**bits

    def forward(self, x):
        return F.linear(x, Quantize.apply(self.weight, self.levels), self.bias)


class QuantConv(nn.Conv2d):
    def __init__(self, *sizes, bits, **kwargs):
        super().__init__(*sizes, **kwargs)
        self.levels = 2**bits

    def forward(self, x):
        weight = Quantize.apply(self.weight, self.levels)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding)


class EdgeNet(nn.Module):
    def __init__(self, bits=3):
        super().__init__()
        self.conv1 = QuantConv(1, 6, 3, bits=bits, stride=2)
        self.conv2 = QuantConv(6, 12, 3, bits=bits, stride=2, padding=1)
        self.fc = QuantLinear(12 * 4 * 4, 5, bits=bits)

    def forward(self, x):
        x = F.hardswish(self.conv1(x))
        x = F.hardswish(self.conv2(x))
        return self.fc(torch.flatten(x, 1))


def fit(net, loader, epochs):
    opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(epochs):
        for x, y in loader:
            opt.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}")


torch.manual_seed(0)
gestures = TensorDataset(torch.rand(45, 1, 16, 16), torch.randint(0, 5, (45,)))
fit(EdgeNet(), DataLoader(gestures, batch_size=15, shuffle=True), epochs=2)
