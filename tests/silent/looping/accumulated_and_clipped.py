# code: TW758
# numbers: -
# about: accumulation in a script with a config dict; the model itself divides
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
dl = DataLoader(TensorDataset(torch.randn(80, 3), torch.randn(80, 1)), batch_size=10, shuffle=True)
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(3, 1)
    def forward(self, x):
        return self.l(x) / 2
net = M()
opt = torch.optim.SGD(net.parameters(), lr=0.01)
crit = nn.MSELoss()
config = dict(accum=4, epochs=2)
for epoch in range(config["epochs"]):
    for i, (x, y) in enumerate(dl):
        out = net(x)
        loss = crit(out, y)
        loss.backward()  # <- culprit
        # mended: (loss / config["accum"]).backward()
        if (i + 1) % config["accum"] == 0 or (i + 1) == len(dl):
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
