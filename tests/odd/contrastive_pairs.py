# about: no labels: targets are arange(2N) rolled by N, the diagonal gets -inf in place, one side is stop-gradient
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class TwoViews(Dataset):
    def __init__(self, base):
        self.base = base

    def __len__(self):
        return self.base.shape[0]

    def _augment(self, wave):
        wave = torch.roll(wave, int(torch.randint(0, 16, ())), dims=-1)
        return wave * (0.8 + 0.4 * torch.rand(())) + 0.05 * torch.randn_like(wave)

    def __getitem__(self, k):
        return self._augment(self.base[k]), self._augment(self.base[k])


def nt_xent(a, b, tau=0.2):
    z = F.normalize(torch.cat([a, b]), dim=1)
    sim = z @ z.t() / tau
    sim.fill_diagonal_(float("-inf"))
    n = a.size(0)
    return F.cross_entropy(sim, torch.arange(2 * n).roll(n))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(1, 12, 7, 2, 3), nn.BatchNorm1d(12), nn.ReLU(), nn.Conv1d(12, 24, 5, 2, 2), nn.ReLU()
        )
        self.project = nn.Sequential(nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 16))
        self.predict = nn.Linear(16, 16)

    def forward(self, x):
        return self.project(self.encoder(x).mean(-1))


torch.manual_seed(13)
t = torch.linspace(0, 1, 64)
waves = torch.stack([torch.sin(6.28 * f * t) for f in range(1, 49)]).unsqueeze(1)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for _ in range(4):
    for v1, v2 in DataLoader(TwoViews(waves), batch_size=16, shuffle=True, drop_last=True):
        z1, z2 = net(torch.cat((v1, v2))).chunk(2)
        siam = -F.cosine_similarity(net.predict(z1), z2.detach()).mean()
        loss = nt_xent(z1, z2) + 0.5 * siam
        opt.zero_grad()
        loss.backward()
        opt.step()
print("last", loss.item())
