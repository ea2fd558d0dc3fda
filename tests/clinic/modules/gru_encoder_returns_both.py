# code: TW016
# numbers: tuple GRU
# about: the encoder returns all that nn.GRU gives, a tuple (output, hidden), and the projection needs a tensor
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

PAD, SOS, EOS = 0, 1, 2


class ReverseDigits(Dataset):
    def __init__(self, n=40, length=6):
        self.digits = torch.randint(3, 13, (n, length))

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, i):
        src = self.digits[i]
        tgt = torch.cat([torch.tensor([SOS]), src.flip(0), torch.tensor([EOS])])
        return src, tgt


class Encoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.gru = nn.GRU(emb, hid, batch_first=True, bidirectional=True)

    def forward(self, src):
        embedded = self.emb(src)
        return self.gru(embedded)  # <- culprit
        # mended: return self.gru(embedded)[0]


class Decoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.gru = nn.GRU(emb, hid, batch_first=True)
        self.out = nn.Linear(2 * hid, vocab)

    def forward(self, tgt, memory):
        states, _ = self.gru(self.emb(tgt))
        scores = torch.bmm(states, memory.transpose(1, 2))
        context = torch.bmm(scores.softmax(-1), memory)
        return self.out(torch.cat([states, context], dim=-1))


class Seq2Seq(nn.Module):
    def __init__(self, vocab=13, emb=12, hid=20):
        super().__init__()
        self.encoder = Encoder(vocab, emb, hid)
        self.bridge = nn.Linear(2 * hid, hid)
        self.decoder = Decoder(vocab, emb, hid)

    def forward(self, src, tgt):
        memory = self.encoder(src)  # <- or here
        memory = self.bridge(memory)
        return self.decoder(tgt, memory)


def main():
    torch.manual_seed(21)
    loader = DataLoader(ReverseDigits(), batch_size=8, shuffle=True)
    model = Seq2Seq()
    opt = optim.Adam(model.parameters(), lr=0.01)
    ce = nn.CrossEntropyLoss(ignore_index=PAD)
    for epoch in range(2):
        for src, tgt in loader:
            logits = model(src, tgt[:, :-1])
            loss = ce(logits.transpose(1, 2), tgt[:, 1:])
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(f"Epoch {epoch}: {loss.item():.4f}")


if __name__ == "__main__":
    main()
