"""Sequences with the steps first, as torch's own layers expect them: (time, batch, features) in, the same out."""
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.lift = nn.Linear(3, width)
        self.rnn = nn.LSTM(width, width)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 2, 32), 1, enable_nested_tensor=False)
        self.head = nn.Linear(width, 3)

    def forward(self, series):
        return self.head(self.encoder(self.rnn(self.lift(series))[0]))


torch.manual_seed(0)
series = torch.randn(7, 90, 3).cumsum(0)
model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    for columns in torch.randperm(90).split(15):
        loss = nn.functional.mse_loss(model(series[:-1, columns]), series[1:, columns])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
