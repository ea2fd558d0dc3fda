# code: TW715
# numbers: Adam
# about: the decoder's optimizer never steps
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
enc, dec = nn.Linear(6, 4), nn.Linear(4, 6)
o1 = torch.optim.Adam(enc.parameters())
o2 = torch.optim.Adam(dec.parameters())
for (x,) in DataLoader(TensorDataset(torch.randn(40, 6)), 8, shuffle=True):
    loss = nn.functional.mse_loss(dec(torch.tanh(enc(x))), x)
    o1.zero_grad()
    o2.zero_grad()
    loss.backward()  # <- culprit
    # mended: loss.backward(); o2.step()
    o1.step()
