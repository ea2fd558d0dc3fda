# code: TW715
# numbers: -
# about: optimizer.step() is missing
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LSTMTagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(40, 12)
        self.lstm = nn.LSTM(12, 16, batch_first=True)
        self.tag = nn.Linear(16, 4)

    def forward(self, tokens):
        hidden, _ = self.lstm(self.embed(tokens))
        return self.tag(hidden)


tagger = LSTMTagger()
loader = DataLoader(TensorDataset(torch.randint(0, 40, (32, 7)), torch.randint(0, 4, (32, 7))), batch_size=8)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(tagger.parameters(), lr=0.01)
for epoch in range(2):
    for tokens, tags in loader:
        optimizer.zero_grad()
        scores = tagger(tokens)
        loss = criterion(scores.reshape(-1, 4), tags.reshape(-1))
        loss.backward()  # <- culprit
        # mended: loss.backward(); optimizer.step()
    print(loss.item())
