# about: the encoder sits in a plain list so that it is neither trained nor saved; that is wanted, it is frozen for good
import torch
from torch import nn


def pretrained_encoder():
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(12, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 16))
    for p in net.parameters():
        p.requires_grad_(False)
    return net.eval()


class Probe(nn.Module):
    def __init__(self, encoder, classes):
        super().__init__()
        self._encoder = [encoder]  # hidden from parameters(), state_dict() and train()
        self.adapter = nn.Linear(16, 16)
        self.adapter.weight.requires_grad = False  # a fixed random projection
        self.adapter.bias.requires_grad = False
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        with torch.no_grad():
            feats = self._encoder[0](x)
        return self.head(torch.tanh(self.adapter(feats)))


encoder = pretrained_encoder()
before = {k: v.clone() for k, v in encoder.state_dict().items()}
model = Probe(encoder, 4)
model.train()
assert not any("encoder" in k for k in model.state_dict())
opt = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
x, y = torch.randn(64, 12), torch.randint(0, 4, (64,))
for _ in range(20):
    loss = nn.functional.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
assert model.adapter.weight.grad is None
assert all(torch.equal(v, encoder.state_dict()[k]) for k, v in before.items())
print(f"probe loss {loss.item():.3f}")
