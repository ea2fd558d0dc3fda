# code: TW611
# numbers: 27 24
# about: the longest message has 27 tokens, the table of learned positions has 24
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


@dataclass
class ModelConfig:
    vocab_size: int = 64
    max_positions: int = 24  # <- culprit
    # mended: max_positions: int = 32
    dim: int = 24
    heads: int = 3
    layers: int = 2
    classes: list = field(default_factory=lambda: ["fix", "feature", "chore"])


def synthetic_messages(cfg, lengths=(9, 14, 20, 27, 11, 17)):
    messages = []
    for i in range(24):
        kind = i % len(cfg.classes)
        tokens = torch.randint(1, cfg.vocab_size, (lengths[i % len(lengths)],))
        tokens[0] = kind + 1
        messages.append((tokens, kind))
    return messages


def collate(messages):
    tokens = pad_sequence([t for t, _ in messages], batch_first=True)  # <- or here
    return tokens, torch.tensor([kind for _, kind in messages])


class InputLayer(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.word = nn.Embedding(cfg.vocab_size, cfg.dim, padding_idx=0)
        self.position = nn.Embedding(cfg.max_positions, cfg.dim)
        self.norm = nn.LayerNorm(cfg.dim)

    def forward(self, tokens):
        where = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        return self.norm(self.word(tokens) + self.position(where))


class MessageClassifier(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.inputs = InputLayer(cfg)
        layer = nn.TransformerEncoderLayer(cfg.dim, cfg.heads, 48, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, cfg.layers, enable_nested_tensor=False)
        self.pooler = nn.Sequential(nn.Linear(cfg.dim, cfg.dim), nn.Tanh())
        self.classifier = nn.Linear(cfg.dim, len(cfg.classes))

    def forward(self, tokens):
        h = self.encoder(self.inputs(tokens), src_key_padding_mask=tokens.eq(0))
        return self.classifier(self.pooler(h[:, 0]))


def main():
    torch.manual_seed(9)
    cfg = ModelConfig()
    loader = DataLoader(synthetic_messages(cfg), batch_size=6, collate_fn=collate)
    model = MessageClassifier(cfg)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(2):
        correct = 0
        for tokens, kind in loader:
            logits = model(tokens)
            loss = loss_fn(logits, kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            correct += (logits.argmax(-1) == kind).sum().item()
        print(f"epoch {epoch}: loss {loss.item():.3f}, {correct}/24 right")


if __name__ == "__main__":
    main()
