# about: the hidden state outlives the batch, starts as None and is detached: truncated backpropagation
import torch
from torch import nn


def batchify(series, rows):
    n = series.numel() // rows
    return series[: n * rows].view(rows, n).t().contiguous()  # (time, batch)


class CharRNN(nn.Module):
    def __init__(self, symbols=12, hidden=20):
        super().__init__()
        self.emb = nn.Embedding(symbols, 10)
        self.rnn = nn.LSTM(10, hidden, num_layers=2, dropout=0.1)
        self.dec = nn.Linear(hidden, symbols)
        self.state = None

    def reset(self):
        self.state = None

    def forward(self, x):
        out, state = self.rnn(self.emb(x), self.state)
        self.state = tuple(s.detach() for s in state)
        return self.dec(out)


torch.manual_seed(4)
source = torch.arange(960).remainder(12)
data = batchify(source, 8)
model = CharRNN()
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adagrad(model.parameters(), lr=0.05)
bptt = 15
for epoch in range(2):
    model.reset()
    model.train()
    losses = []
    for i in range(0, data.size(0) - 1, bptt):
        length = min(bptt, data.size(0) - 1 - i)  # the last piece is shorter; the state does not mind
        x, y = data[i : i + length], data[i + 1 : i + 1 + length]
        opt.zero_grad()
        loss = loss_fn(model(x).permute(0, 2, 1), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(epoch, sum(losses) / len(losses))

model.eval()
model.reset()
symbol, out = torch.zeros(1, 1, dtype=torch.long), []
with torch.no_grad():
    for _ in range(8):
        symbol = model(symbol).argmax(-1)
        out.append(symbol.item())
print(out)
