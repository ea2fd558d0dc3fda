# code: TW740
# numbers: -
# about: src_key_padding_mask is true at the real tokens
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Classifier(nn.Module):
    def __init__(self, vocab=60, width=32):
        super().__init__()
        self.embed = nn.Embedding(vocab, width, padding_idx=0)
        layer = nn.TransformerEncoderLayer(width, 4, 64, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 2)

    def forward(self, tokens):
        mask = tokens != 0  # <- culprit
        # mended: mask = tokens == 0
        x = self.encoder(self.embed(tokens), src_key_padding_mask=mask)
        return self.head(x[:, 0])


tokens = torch.randint(1, 60, (48, 9))
for row, length in zip(tokens, torch.randint(3, 9, (48,))):
    row[length:] = 0
loader = DataLoader(TensorDataset(tokens, torch.randint(0, 2, (48,))), batch_size=12)
model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
