# code: TW741
# numbers: -
# about: the attention gets (batch, time, features) without batch_first=True; no loader, the batches are indexed
import torch
from torch import nn


class Mood(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.lift = nn.Linear(3, width)
        self.attend = nn.MultiheadAttention(width, 2)  # <- culprit
        # mended: self.attend = nn.MultiheadAttention(width, 2, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 2)

    def forward(self, walk):
        x = self.lift(walk)
        x = self.norm(x + self.attend(x, x, x, need_weights=False)[0])
        return self.head(x.mean(dim=1))


torch.manual_seed(0)
walks, moods = torch.randn(80, 11, 3), torch.randint(0, 2, (80,))
model, optimizer = Mood(), None
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(2):
    for start in range(0, len(walks), 20):
        chosen = slice(start, start + 20)
        loss = nn.functional.cross_entropy(model(walks[chosen]), moods[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
