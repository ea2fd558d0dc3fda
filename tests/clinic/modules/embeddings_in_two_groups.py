# code: TW010
# numbers: embed.weight
# about: the embeddings stand in a group of their own and in that of all that is decayed
import torch
from torch import nn


class Lm(nn.Module):
    def __init__(self, vocab=40, dim=16):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.rnn = nn.LSTM(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, ids):
        return self.out(self.rnn(self.embed(ids))[0])


def make_optimizer(model, lr, embed_lr):
    embedding = [p for n, p in model.named_parameters() if "embed" in n]
    biases = [p for n, p in model.named_parameters() if "bias" in n]
    rest = [p for n, p in model.named_parameters() if "bias" not in n]  # <- culprit
    # mended: rest = [p for n, p in model.named_parameters() if "bias" not in n and "embed" not in n]
    groups = [dict(params=rest, weight_decay=0.01), dict(params=biases, weight_decay=0.0)]
    groups.append(dict(params=embedding, lr=embed_lr))
    return torch.optim.AdamW(groups, lr=lr)


model = Lm()
opt = make_optimizer(model, 1e-3, 1e-4)
ids = torch.randint(40, (4, 9))
loss = nn.functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
loss.backward()
opt.step()
