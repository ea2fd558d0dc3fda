# about: sentences of every length, one empty, a batch sampler by length, and samples dropped in collate
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Sampler


class ByLength(Sampler):
    def __init__(self, lengths, tokens_per_batch):
        self.lengths, self.budget = lengths, tokens_per_batch

    def __iter__(self):
        order = sorted(range(len(self.lengths)), key=lambda i: self.lengths[i] + random.random())
        batch, longest = [], 0
        for i in order:
            longest = max(longest, self.lengths[i])
            if batch and longest * (len(batch) + 1) > self.budget:
                yield batch
                batch, longest = [], self.lengths[i]
            batch.append(i)
        if batch:
            yield batch


def collate(samples):
    samples = [s for s in samples if len(s[0])]  # the empty one has nothing to say
    samples.sort(key=lambda s: -len(s[0]))
    tokens, labels = zip(*samples)
    lengths = torch.tensor([len(t) for t in tokens])
    return pad_sequence(tokens, batch_first=True, padding_value=0), lengths, torch.tensor(labels)


class Reader(nn.Module):
    def __init__(self, words=40):
        super().__init__()
        self.emb = nn.Embedding(words, 12, padding_idx=0)
        self.gru = nn.GRU(12, 16, batch_first=True, bidirectional=True)
        self.out = nn.Linear(32, 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.emb(tokens), lengths, batch_first=True)
        _, h = self.gru(packed)  # the outputs are not wanted
        return self.out(h.transpose(0, 1).flatten(1))


torch.manual_seed(41)
random.seed(41)
sentences = [torch.randint(1, 40, (n,)) for n in [0] + [random.randint(1, 20) for _ in range(79)]]
data = [(s, int((s > 20).float().mean() > 0.5) if len(s) else 0) for s in sentences]  # a list is a data set too
loader = DataLoader(data, batch_sampler=ByLength([len(s) for s in sentences], 100), collate_fn=collate)
model = Reader()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(3):
    for tokens, lengths, y in loader:
        loss = nn.functional.cross_entropy(model(tokens, lengths), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
print(loss.item())
