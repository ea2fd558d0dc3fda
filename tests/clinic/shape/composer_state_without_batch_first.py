# code: TW209
# numbers: 30 8
# about: the GRU over the notes has no batch_first, so its last state has the 30 steps as rows; the sum with the composer's vector fails
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

STEPS, FEATURES, HIDDEN, COMPOSERS = 30, 6, 24, 7


class ComposerAware(nn.Module):
    def __init__(self):
        super().__init__()
        self.notes = nn.GRU(FEATURES, HIDDEN)  # <- culprit
        # mended: self.notes = nn.GRU(FEATURES, HIDDEN, batch_first=True)
        self.composer = nn.Embedding(COMPOSERS, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1)

    def encode(self, melody):
        _, state = self.notes(melody)
        return state.squeeze(0)

    def forward(self, melody, who):
        mixed = torch.tanh(self.encode(melody) + self.composer(who))
        return self.score(mixed).squeeze(-1)


torch.manual_seed(1)
melodies = torch.randn(64, STEPS, FEATURES)
who = torch.randint(COMPOSERS, (64,))
rating = melodies.mean((1, 2)) + who / 10
net = ComposerAware()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for melody, composer, y in DataLoader(TensorDataset(melodies, who, rating), batch_size=8, shuffle=True):
    loss = (net(melody, composer) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
