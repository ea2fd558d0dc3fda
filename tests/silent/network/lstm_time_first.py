# code: TW741
# numbers: (8, 12, 3)
# about: an LSTM without batch_first gets (B, T, C)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 24, num_layers=2)  # <- culprit
        # mended: self.lstm = nn.LSTM(3, 24, num_layers=2, batch_first=True)
        self.fc = nn.Linear(24, 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1, :])


series = torch.randn(64, 12, 3)
loader = DataLoader(TensorDataset(series, series[:, -1].sum(1, keepdim=True)), batch_size=8, shuffle=True)
model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
