# about: a sorted stream of activities is read in order, because the recurrent state is carried over the batches
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(3, 8, batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x, state):
        y, state = self.cell(x, state)
        return self.out(y), state


torch.manual_seed(0)
phases = torch.tensor([0, 1, 2, 1, 0, 2, 1, 0]).repeat_interleave(20)
signal = torch.randn(160, 3) * 0.3 + nn.functional.one_hot(phases, 3)
loader = DataLoader(TensorDataset(signal, phases), batch_size=16, shuffle=False)
model, criterion = Tagger(), nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(3):
    state = torch.zeros(1, 1, 8)
    for x, y in loader:
        logits, state = model(x.unsqueeze(0), state.detach())
        loss = criterion(logits.squeeze(0), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
