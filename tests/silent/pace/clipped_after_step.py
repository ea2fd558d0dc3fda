# code: TW730
# numbers: -
# about: clip_grad_norm_ after the step
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class CharRNN(nn.Module):
    def __init__(self, vocab=20, hidden=32):
        super().__init__()
        self.emb = nn.Embedding(vocab, hidden)
        self.rnn = nn.RNN(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        return self.out(h)


text = torch.randint(0, 20, (64, 13))
loader = DataLoader(TensorDataset(text[:, :-1], text[:, 1:]), batch_size=16)
model = CharRNN()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(2):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x).transpose(1, 2), y)
        loss.backward()
        opt.step()
        # mended: nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)  # <- culprit
        # mended: opt.step()
    print(loss.item())
