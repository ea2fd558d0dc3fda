# code: TW610
# numbers: 14 12
# about: the words' ids begin behind 3 special tokens, the embedding counts the 12 words only
from collections import Counter

import torch
from torch import nn
from torch.utils.data import DataLoader

SPECIALS = ["<pad>", "<unk>", "<cls>"]
TITLES = [
    ("new phone camera tested", "tech"),
    ("striker scores twice", "sport"),
    ("team wins cup", "sport"),
    ("camera phone wins", "tech"),
    ("coach tested new striker", "sport"),
    ("chip scores record", "tech"),
]
KINDS = {"tech": 0, "sport": 1}


class Vocab:
    def __init__(self, texts):
        counted = Counter(word for text in texts for word in text.split())
        self.words = [word for word, _ in counted.most_common(12)]
        self.index = {word: i for i, word in enumerate(SPECIALS + self.words)}

    def __len__(self):
        return len(self.words)  # <- or here

    def encode(self, text, length=6):
        ids = [self.index["<cls>"]] + [self.index.get(word, 1) for word in text.split()]
        return (ids + [0] * length)[:length]


class HeadlineClassifier(nn.Module):
    def __init__(self, vocab_size, dim=16, heads=2):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, dim, padding_idx=0)
        self.block = nn.TransformerEncoderLayer(dim, heads, dim_feedforward=32, batch_first=True)
        self.out = nn.Linear(dim, len(KINDS))

    def forward(self, ids):
        h = self.block(self.embed(ids), src_key_padding_mask=ids == 0)
        return self.out(h[:, 0])


def build(vocab, lr):
    model = HeadlineClassifier(len(vocab))  # <- culprit
    # mended: model = HeadlineClassifier(len(vocab.index))
    return model, torch.optim.Adam(model.parameters(), lr=lr)


def main():
    torch.manual_seed(10)
    vocab = Vocab(text for text, _ in TITLES)
    rows = [(torch.tensor(vocab.encode(text)), KINDS[kind]) for text, kind in TITLES]
    loader = DataLoader(rows, batch_size=6, shuffle=True)
    model, optimizer = build(vocab, lr=5e-3)
    for epoch in range(4):
        for ids, kind in loader:
            loss = nn.functional.cross_entropy(model(ids), kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: {loss.item():.3f}")
    torch.save({"model": model.state_dict(), "words": vocab.words}, "headlines.pt")


if __name__ == "__main__":
    main()
