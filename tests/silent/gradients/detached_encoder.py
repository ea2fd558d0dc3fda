# code: TW718
# numbers: encoder
# about: .detach() between encoder and decoder, though both are in the optimizer
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(20, 10), nn.ReLU(), nn.Linear(10, 3))
        self.decoder = nn.Sequential(nn.Linear(3, 10), nn.ReLU(), nn.Linear(10, 20))

    def encode(self, x):
        return self.encoder(x)

    def forward(self, x):
        z = self.encode(x).detach()  # <- culprit
        # mended: z = self.encode(x)
        return self.decoder(z)


model = AutoEncoder()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(torch.rand(64, 20)), batch_size=16, shuffle=True)
for epoch in range(2):
    for (batch,) in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(batch), batch)
        loss.backward()
        optimizer.step()
