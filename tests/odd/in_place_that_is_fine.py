# about: many in-place operations, each where backward does not need the old value, or under no_grad
import torch
from torch import nn

torch.manual_seed(23)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.a = nn.Linear(dim, dim)
        self.b = nn.Linear(dim, dim)
        self.act = nn.ReLU(inplace=True)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def forward(self, x):
        self.seen += 1
        h = self.act(self.a(x))  # relu keeps its output, not its input
        h = self.b(h)
        h += x  # the addition needs neither side
        h.mul_(0.5)
        return h


@torch.no_grad()
def init_(module):
    if isinstance(module, nn.Linear):
        module.weight.normal_(0, 0.1)
        module.bias.zero_()
        module.weight[0] += 0.01


net = nn.Sequential(Block(9), Block(9), nn.Linear(9, 9))
net.apply(init_)
w = torch.ones(9, requires_grad=True)
x = torch.randn(30, 9)
x[x < -1] = 0
for step in range(12):
    out = net(x)
    scores = out.clone()
    scores[:, 4:] *= w[4:]
    mask = torch.rand_like(scores) < 0.1
    scores.masked_fill_(mask, -5.0)
    table = torch.zeros(30, 10)
    table[:, :9] = scores  # into a fresh leaf that does not require grad
    loss = table[:, 2].neg().add_(table.logsumexp(1)).mean()
    loss.backward()
    with torch.no_grad():
        for p in [*net.parameters(), w]:
            p -= 0.05 * p.grad
            p.grad.zero_()
    w.data.clamp_(0.5, 2.0)
print(loss.item(), net[0].seen.item(), w.tolist()[4:])
