# code: TW215
# numbers: 1 2
# about: the encoder reads in both directions and ends with 2 states, the decoder takes 1
import random

import torch
import torch.nn as nn

random.seed(0)
torch.manual_seed(0)

CHARS = "#^$0123456789-/ "
STOI = {c: i for i, c in enumerate(CHARS)}


def encode(text, length):
    text = text[: length - 1] + "$"
    return [STOI[c] for c in text.ljust(length, "#")]


def sample_pair():
    y, m, d = random.randint(1950, 2030), random.randint(1, 12), random.randint(1, 28)
    return encode(f"{d}/{m}/{y}", 12), encode(f"^{y}-{m:02d}-{d:02d}", 13)


def get_batch(size):
    src, tgt = zip(*(sample_pair() for _ in range(size)))
    return torch.tensor(src), torch.tensor(tgt)


class Encoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=0)
        self.rnn = nn.GRU(emb, hid, batch_first=True, bidirectional=True)  # <- culprit
        # mended: self.rnn = nn.GRU(emb, hid, batch_first=True)

    def forward(self, src):
        _, state = self.rnn(self.emb(src))  # <- or here
        return state


class Decoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=0)
        self.rnn = nn.GRU(emb, hid, batch_first=True)  # <- or here
        self.out = nn.Linear(hid, vocab)

    def forward(self, token, state):
        y, state = self.rnn(self.emb(token), state)
        return self.out(y), state


class Seq2Seq(nn.Module):
    def __init__(self, vocab=len(CHARS), emb=12, hid=24):
        super().__init__()
        self.encoder = Encoder(vocab, emb, hid)
        self.decoder = Decoder(vocab, emb, hid)

    def forward(self, src, tgt, forcing=0.5):
        state = self.encoder(src)
        token, steps = tgt[:, :1], []
        for t in range(1, tgt.size(1)):
            logits, state = self.decoder(token, state)
            steps.append(logits)
            token = tgt[:, t : t + 1] if random.random() < forcing else logits.argmax(-1)
        return torch.cat(steps, dim=1)


net = Seq2Seq()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(4):
    src, tgt = get_batch(16)
    logits = net(src, tgt)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=0)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, loss.item())
