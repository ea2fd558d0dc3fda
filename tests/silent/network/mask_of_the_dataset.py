# code: TW740
# numbers: -
# about: the data set gives a mask that is true at the words, the attention leaves out what is true
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Lines(Dataset):
    def __init__(self, count, longest=10):
        self.lengths = torch.randint(2, longest, (count,))
        self.words = torch.randint(1, 30, (count, longest))
        self.positions = torch.arange(longest)

    def __len__(self):
        return len(self.words)

    def __getitem__(self, index):
        mask = self.positions < self.lengths[index]  # <- culprit
        # mended: mask = self.positions >= self.lengths[index]
        words = self.words[index].where(self.positions < self.lengths[index], torch.tensor(0))
        return words, mask, words[0] % 2


class Reader(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.embed = nn.Embedding(30, width, padding_idx=0)
        layer = nn.TransformerEncoderLayer(width, 2, 32, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(width, 2)

    def forward(self, words, mask):
        return self.head(self.encoder(self.embed(words), src_key_padding_mask=mask)[:, 0])


torch.manual_seed(0)
model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    for words, mask, label in DataLoader(Lines(80), batch_size=20, shuffle=True):
        loss = nn.functional.cross_entropy(model(words, mask), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
