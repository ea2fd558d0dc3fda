# code: TW006
# numbers: attention_mask mask
# about: the collate function calls the mask attention_mask, the model's forward calls it mask
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

POSITIVE = ["great film", "i loved every minute", "what a fine cast", "really moving story"]
NEGATIVE = ["dull", "i left after ten minutes", "the plot makes no sense", "weak jokes and a worse ending"]


class Tokenizer:
    def __init__(self, texts):
        words = sorted({word for text in texts for word in text.split()})
        self.ids = {word: i + 1 for i, word in enumerate(words)}

    def __call__(self, text):
        return torch.tensor([self.ids[word] for word in text.split()])

    def __len__(self):
        return len(self.ids) + 1


class SentimentModel(nn.Module):
    def __init__(self, vocab, dim=16, heads=2):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=0)
        self.encoder = nn.TransformerEncoderLayer(dim, heads, dim_feedforward=32, batch_first=True)
        self.classifier = nn.Linear(dim, 2)

    def forward(self, input_ids, mask=None, labels=None):  # <- or here
        hidden = self.encoder(self.embedding(input_ids), src_key_padding_mask=~mask)
        weights = mask.unsqueeze(-1).float()
        pooled = (hidden * weights).sum(1) / weights.sum(1)
        logits = self.classifier(pooled)
        if labels is None:
            return logits
        return nn.functional.cross_entropy(logits, labels), logits


class Collator:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def __call__(self, samples):
        input_ids = pad_sequence([self.tokenizer(text) for text, _ in samples], batch_first=True)
        return {
            "input_ids": input_ids,
            "attention_mask": input_ids != 0,  # <- culprit
            # mended: "mask": input_ids != 0,
            "labels": torch.tensor([label for _, label in samples]),
        }


def main():
    torch.manual_seed(0)
    random.seed(0)
    samples = [(text, 1) for text in POSITIVE] + [(text, 0) for text in NEGATIVE]
    random.shuffle(samples)
    tokenizer = Tokenizer(POSITIVE + NEGATIVE)
    loader = DataLoader(samples, batch_size=4, collate_fn=Collator(tokenizer), shuffle=True)
    model = SentimentModel(len(tokenizer))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for epoch in range(3):
        for batch in loader:
            loss, _ = model(**batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        print(f"epoch {epoch} loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
