# code: TW407
# numbers: uint8
# about: the collate function makes the padding mask as bytes, masked_fill wants a boolean mask
import math
import random

import torch
from torch import nn
from torch.utils.data import DataLoader

PAD = 0


def random_reviews(count):
    rnd = random.Random(6)
    reviews = []
    for _ in range(count):
        words = [rnd.randint(1, 49) for _ in range(rnd.randint(3, 12))]
        reviews.append((words, int(sum(words) > 25 * len(words))))
    return reviews


def pad_batch(reviews):
    longest = max(len(words) for words, _ in reviews)
    tokens = torch.full((len(reviews), longest), PAD)
    mask = torch.zeros(len(reviews), longest, dtype=torch.uint8)  # <- culprit
    # mended: mask = torch.zeros(len(reviews), longest, dtype=torch.bool)
    for row, (words, _) in enumerate(reviews):
        tokens[row, : len(words)] = torch.tensor(words)
        mask[row, len(words) :] = 1
    return tokens, mask, torch.tensor([label for _, label in reviews])


class SelfAttention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, mask):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(mask.unsqueeze(1), float("-inf"))  # <- or here
        return self.proj(scores.softmax(dim=-1) @ v)


class ReviewClassifier(nn.Module):
    def __init__(self, vocabulary=50, dim=16):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim, padding_idx=PAD)
        self.attention = SelfAttention(dim)
        self.norm = nn.LayerNorm(dim)
        self.output = nn.Linear(dim, 2)

    def forward(self, tokens, mask):
        x = self.embedding(tokens)
        x = self.norm(x + self.attention(x, mask))
        return self.output(x.mean(dim=1))


torch.manual_seed(0)
loader = DataLoader(random_reviews(64), batch_size=16, shuffle=True, collate_fn=pad_batch)
classifier = ReviewClassifier()
optimizer = torch.optim.Adam(classifier.parameters(), lr=3e-3)
for epoch in range(2):
    for tokens, mask, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(classifier(tokens, mask), labels)
        loss.backward()
        optimizer.step()
    print("loss", loss.item())
