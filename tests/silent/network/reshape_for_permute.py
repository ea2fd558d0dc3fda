# code: TW719
# numbers: (12, 16, 49) (12, 49, 16)
# about: feature maps become tokens by reshape, not by permute
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Hybrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2), nn.ReLU())
        self.encoder = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        maps = self.conv(x).flatten(2)
        tokens = maps.reshape(maps.size(0), maps.size(2), maps.size(1))  # <- culprit
        # mended: tokens = maps.permute(0, 2, 1)
        return self.head(self.encoder(tokens).mean(1))


model = Hybrid()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for x, y in DataLoader(TensorDataset(torch.rand(36, 1, 15, 15), torch.randint(0, 3, (36,))), batch_size=12):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
