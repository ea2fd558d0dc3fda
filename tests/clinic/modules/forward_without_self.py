# code: TW006
# numbers: 1 2 self
# about: Highway.forward lacks self, so the module itself is passed as the input
import torch
from torch import nn
from torch.optim import Adam
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(7)


class WordFeatures(Dataset):
    def __init__(self, words, max_len=10):
        self.words = words
        self.max_len = max_len

    def encode(self, word):
        ids = [ord(c) - ord("a") + 1 for c in word[: self.max_len]]
        return torch.tensor(ids + [0] * (self.max_len - len(ids)))

    def __len__(self):
        return len(self.words)

    def __getitem__(self, index):
        word = self.words[index]
        return self.encode(word), float(word[-1] in "aeiou")


def gate_of(lin, x):
    return torch.sigmoid(lin(x) - 1.0)


class Highway(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.transform = nn.Linear(size, size)
        self.gate = nn.Linear(size, size)

    def forward(x):  # <- culprit
        # mended: def forward(self, x):
        t = gate_of(self.gate, x)
        return t * torch.relu(self.transform(x)) + (1 - t) * x


class CharCNN(nn.Module):
    def __init__(self, chars=27, dim=8, filters=20):
        super().__init__()
        self.embed = nn.Embedding(chars, dim, padding_idx=0)
        self.conv = nn.Conv1d(dim, filters, 3, padding=1)
        self.highway = nn.Sequential(Highway(filters), Highway(filters))
        self.out = nn.Linear(filters, 1)

    def forward(self, ids):
        h = self.conv(self.embed(ids).transpose(1, 2)).amax(dim=2)
        return self.out(self.highway(h)).squeeze(1)


words = "banana kiwi plum cherry apple melon grape fig mango papaya lime pear guava peach date quince".split()
loader = DataLoader(WordFeatures(words), batch_size=4, shuffle=True)
model = CharCNN()
opt = Adam(model.parameters(), lr=0.01)
bce = nn.BCEWithLogitsLoss()
for epoch in range(4):
    for ids, ends_in_vowel in loader:
        opt.zero_grad()
        loss = bce(model(ids), ends_in_vowel.float())
        loss.backward()
        opt.step()
print("last loss", loss.item())
