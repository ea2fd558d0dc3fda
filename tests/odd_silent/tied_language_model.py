"""A causal language model with tied weights, a carried LSTM state, and truncated backpropagation."""
import torch
from torch import nn


class LM(nn.Module):
    def __init__(self, vocab=40, width=24):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.lstm = nn.LSTM(width, width, 2, dropout=0.1)
        self.decoder = nn.Linear(width, vocab)
        self.decoder.weight = self.embed.weight

    def forward(self, tokens, state):
        out, state = self.lstm(self.embed(tokens), state)
        return self.decoder(out), state


def batchify(text, rows):
    return text[: len(text) // rows * rows].view(rows, -1).t().contiguous()


text = batchify(torch.randint(0, 40, (1000,)), 10)
model = LM()
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
for epoch in range(2):
    model.train()
    state = None
    for start in range(0, len(text) - 1, 12):
        length = min(12, len(text) - 1 - start)
        x, y = text[start : start + length], text[start + 1 : start + 1 + length].reshape(-1)
        if state is not None:
            state = tuple(s.detach() for s in state)
        optimizer.zero_grad()
        logits, state = model(x, state)
        loss = nn.functional.cross_entropy(logits.view(-1, 40), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
    model.eval()
    with torch.no_grad():
        logits, _ = model(text[:12], None)
        print(loss.item(), nn.functional.cross_entropy(logits.view(-1, 40), text[1:13].reshape(-1)).item())
