# code: TW221
# numbers: 12 11
# about: the mask is made of all 12 tokens, the predictions are for the 11 behind the first
import torch
from torch import nn

PAD = 0


class TokenGRU(nn.Module):
    def __init__(self, vocab, dim):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim, padding_idx=PAD)
        self.gru = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, tokens):
        return self.out(self.gru(self.emb(tokens))[0])


def commands(n, length=12, vocab=30):
    tokens = torch.randint(1, vocab, (n, length))
    lengths = torch.randint(4, length + 1, (n,))
    lengths[0] = length
    return tokens.masked_fill(torch.arange(length) >= lengths[:, None], PAD)


def loss_and_accuracy(model, tokens):
    inputs, goals = tokens[:, :-1], tokens[:, 1:]
    logits = model(inputs)
    logits = logits[tokens != PAD]  # <- culprit
    # mended: logits = logits[goals != PAD]
    goals = goals[goals != PAD]
    loss = nn.functional.cross_entropy(logits, goals)
    accuracy = (logits.argmax(-1) == goals).float().mean()
    return loss, accuracy


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.bad = patience, float("inf"), 0

    def __call__(self, value):
        self.bad = 0 if value < self.best else self.bad + 1
        self.best = min(self.best, value)
        return self.bad > self.patience


torch.manual_seed(30)
train, valid = commands(40), commands(16)
model = TokenGRU(vocab=30, dim=20)
optimizer = torch.optim.Adamax(model.parameters(), lr=4e-3)
stop = EarlyStopping(patience=1)
for epoch in range(4):
    model.train()
    for part in train.split(10):
        loss, _ = loss_and_accuracy(model, part)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss, val_acc = loss_and_accuracy(model, valid)
    print(f"{epoch}: loss {val_loss:.3f}, accuracy {val_acc:.2%}")
    if stop(val_loss.item()):
        break
