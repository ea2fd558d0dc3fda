# code: TW103
# numbers: meta cpu
# about: the position table is a plain attribute instead of a buffer and stays on the CPU
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

PAD, BOS, EOS = 0, 1, 2


class ReverseTask(Dataset):
    """Copy a string of digits backwards."""

    def __init__(self, n, length):
        torch.manual_seed(n)
        self.src = torch.randint(3, 13, (n, length))

    def __len__(self):
        return self.src.size(0)

    def __getitem__(self, index):
        src = self.src[index]
        tgt = torch.cat([torch.tensor([BOS]), src.flip(0), torch.tensor([EOS])])
        return src, tgt


def sinusoids(max_len, d_model):
    position = torch.arange(max_len).unsqueeze(1)
    div = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
    table = torch.zeros(max_len, d_model)
    table[:, 0::2] = torch.sin(position * div)
    table[:, 1::2] = torch.cos(position * div)
    return table.unsqueeze(0)


class Embedder(nn.Module):
    def __init__(self, vocab, d_model, max_len=64):
        super().__init__()
        self.d_model = d_model
        self.tok = nn.Embedding(vocab, d_model, padding_idx=PAD)
        self.pe = sinusoids(max_len, d_model)  # <- culprit
        # mended: self.register_buffer("pe", sinusoids(max_len, d_model), persistent=False)
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids):
        x = self.tok(ids) * math.sqrt(self.d_model)
        return self.dropout(x + self.pe[:, : ids.size(1)])


class Reverser(nn.Module):
    def __init__(self, vocab=13, d_model=16, nhead=2):
        super().__init__()
        self.embed = Embedder(vocab, d_model)
        self.transformer = nn.Transformer(
            d_model, nhead, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=32, batch_first=True
        )
        self.generator = nn.Linear(d_model, vocab)

    def forward(self, src, tgt):
        return self.generator(self.transformer(self.embed(src), self.embed(tgt)))


def run(device, epochs=1):
    net = Reverser().to(device)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    ce = nn.CrossEntropyLoss(ignore_index=PAD)
    for _ in range(epochs):
        for src, tgt in DataLoader(ReverseTask(40, 7), batch_size=10):
            src, tgt = src.to(device), tgt.to(device)
            logits = net(src, tgt[:, :-1])
            loss = ce(logits.flatten(0, 1), tgt[:, 1:].flatten())
            opt.zero_grad()
            loss.backward()
            opt.step()


if __name__ == "__main__":
    run("cuda" if torch.cuda.is_available() else "meta")
