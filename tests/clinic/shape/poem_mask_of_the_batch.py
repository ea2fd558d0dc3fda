# code: TW216
# numbers: 6 18
# about: the causal mask is made for the batch size 6 instead of the 18 tokens
import math

import torch
from torch import nn

TEXT = "the moon is a coin the night has spent and the sea counts its silver again and again " * 6


class PoemModel(nn.Module):
    def __init__(self, vocab, d_model=32, nhead=4, layers=2, max_len=64):
        super().__init__()
        self.d_model = d_model
        self.tok = nn.Embedding(vocab, d_model)
        position = torch.arange(max_len).unsqueeze(1)
        freq = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        table = torch.zeros(max_len, d_model)
        table[:, 0::2] = torch.sin(position * freq)
        table[:, 1::2] = torch.cos(position * freq)
        self.register_buffer("table", table)
        layer = nn.TransformerEncoderLayer(d_model, nhead, dim_feedforward=64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.lm_head = nn.Linear(d_model, vocab)

    def forward(self, ids):
        n = ids.size(0)  # <- culprit
        # mended: n = ids.size(1)
        mask = nn.Transformer.generate_square_subsequent_mask(n)
        x = self.tok(ids) * math.sqrt(self.d_model) + self.table[: ids.size(1)]
        return self.lm_head(self.encoder(x, mask=mask))


def batches(data, size, length, count):
    for _ in range(count):
        starts = torch.randint(0, len(data) - length - 1, (size,)).tolist()
        x = torch.stack([data[s : s + length] for s in starts])
        y = torch.stack([data[s + 1 : s + length + 1] for s in starts])
        yield x, y


def sample(model, stoi, itos, seed="the ", n=10):
    model.eval()
    ids = torch.tensor([[stoi[c] for c in seed]])
    with torch.no_grad():
        for _ in range(n):
            nxt = torch.multinomial(model(ids)[:, -1].softmax(-1), 1)
            ids = torch.cat([ids, nxt], dim=1)
    return "".join(itos[i] for i in ids[0].tolist())


torch.manual_seed(7)
itos = sorted(set(TEXT))
stoi = {c: i for i, c in enumerate(itos)}
data = torch.tensor([stoi[c] for c in TEXT])
model = PoemModel(len(itos))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for i, (x, y) in enumerate(batches(data, size=6, length=18, count=4)):
    loss = loss_fn(model(x).view(-1, len(itos)), y.view(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"batch {i}: {loss.item():.3f}")
print(sample(model, stoi, itos))
