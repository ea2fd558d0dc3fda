# code: TW201
# numbers: 48 24
# about: the LSTM reads both ways and gives 2 * 24 = 48 features per token, the tag layer was built for 24
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

PAD, N_TAGS = 0, 5


@dataclass
class TaggerConfig:
    vocab_size: int = 60
    embedding_dim: int = 16
    hidden_dim: int = 24
    bidirectional: bool = True
    epochs: int = 2


class Sentences(Dataset):
    def __init__(self, n: int, vocab_size: int) -> None:
        g = torch.Generator().manual_seed(7)
        lengths = torch.randint(4, 11, (n,), generator=g).tolist()
        self.tokens = [torch.randint(1, vocab_size, (k,), generator=g) for k in lengths]

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        words = self.tokens[index]
        return words, words % N_TAGS


def collate(samples: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    words, tags = zip(*samples)
    return pad_sequence(words, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=-100)


class Tagger(nn.Module):
    def __init__(self, cfg: TaggerConfig) -> None:
        super().__init__()
        self.embed = nn.Embedding(cfg.vocab_size, cfg.embedding_dim, padding_idx=PAD)
        self.lstm = nn.LSTM(cfg.embedding_dim, cfg.hidden_dim, batch_first=True, bidirectional=cfg.bidirectional)
        self.drop = nn.Dropout(0.3)
        self.to_tags = nn.Linear(cfg.hidden_dim, N_TAGS)  # <- culprit
        # mended: self.to_tags = nn.Linear(cfg.hidden_dim * (2 if cfg.bidirectional else 1), N_TAGS)

    def forward(self, words: Tensor) -> Tensor:
        states, _ = self.lstm(self.embed(words))
        return self.to_tags(self.drop(states))


def main() -> None:
    torch.manual_seed(0)
    cfg = TaggerConfig()
    loader = DataLoader(Sentences(48, cfg.vocab_size), batch_size=12, shuffle=True, collate_fn=collate)
    tagger = Tagger(cfg)
    optimizer = torch.optim.Adam(tagger.parameters(), lr=5e-3)
    criterion = nn.CrossEntropyLoss(ignore_index=-100)
    for epoch in range(cfg.epochs):
        running = 0.0
        for words, tags in loader:
            optimizer.zero_grad(set_to_none=True)
            scores = tagger(words)
            loss = criterion(scores.reshape(-1, N_TAGS), tags.reshape(-1))
            loss.backward()
            optimizer.step()
            running += loss.item()
        print("epoch", epoch, "loss", round(running / len(loader), 3))


if __name__ == "__main__":
    main()
