"""Masks as they should be: true at the padding for the attention, true at the words for a mean and for pooling."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Lines(Dataset):
    def __init__(self, count):
        self.lines = [torch.randint(1, 30, (int(size),)) for size in torch.randint(2, 9, (count,))]

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, index):
        return self.lines[index]


def collate(lines):
    words = torch.zeros(len(lines), 10, dtype=torch.long)
    for row, line in enumerate(lines):
        words[row, 10 - len(line) :] = line
    return words, words != 0, torch.stack([line[0] % 2 for line in lines])


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(30, 16, padding_idx=0)
        self.attend, self.head = nn.MultiheadAttention(16, 2, batch_first=True), nn.Linear(16, 2)

    def forward(self, words, real):
        x = self.embed(words)
        x = self.attend(x, x, x, key_padding_mask=~real)[0].masked_fill(~real[..., None], 0.0)
        return self.head((x * real[..., None]).sum(1) / real.sum(1, keepdim=True))


torch.manual_seed(0)
model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for words, real, label in DataLoader(Lines(80), 20, shuffle=True, collate_fn=collate):
    loss = nn.functional.cross_entropy(model(words, real), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
