# code: TW719
# numbers: view
# about: h_n of two layers is viewed as (batch, layers * hidden)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
class N(nn.Module):
    def __init__(s):
        super().__init__(); s.g = nn.LSTM(3, 8, num_layers=2, batch_first=True); s.f = nn.Linear(16, 2)
    def forward(s, x):
        _, (h, c) = s.g(x)
        return s.f(h.view(x.shape[0], -1))  # <- culprit
        # mended: return s.f(h.transpose(0, 1).reshape(x.shape[0], -1))
n = N(); o = torch.optim.Adam(n.parameters())
for x, y in DataLoader(TensorDataset(torch.randn(40,6,3), torch.randint(0,2,(40,))), 10, shuffle=True):
    o.zero_grad(); nn.functional.cross_entropy(n(x), y).backward(); o.step()
