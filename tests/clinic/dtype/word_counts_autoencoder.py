# code: TW402
# numbers: int64
# about: the word counts are integers; the batch norm at the entrance needs floats
from collections import Counter

import torch
from torch import nn
from torch.utils.data import DataLoader

SENTENCES = [
    "the boat left the harbour at dawn",
    "a dawn storm kept every boat in the harbour",
    "the train was late and the station was full",
    "late at night the station is empty",
    "storm and rain and rain again",
    "every train left the station full",
] * 8


def build_vocabulary(sentences, limit=24):
    counter = Counter(word for s in sentences for word in s.split())
    return {word: i for i, (word, _) in enumerate(counter.most_common(limit))}


def bag_of_words(sentence, vocabulary):
    row = [0] * len(vocabulary)
    for word in sentence.split():
        if word in vocabulary:
            row[vocabulary[word]] += 1
    return row


class TopicAutoencoder(nn.Module):
    def __init__(self, n_words, topics):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.BatchNorm1d(n_words),
            nn.Linear(n_words, 16),
            nn.Softplus(),
            nn.Linear(16, topics),
        )
        self.decoder = nn.Linear(topics, n_words, bias=False)

    def forward(self, counts):
        theta = self.encoder(counts).softmax(dim=-1)
        return self.decoder(theta).log_softmax(dim=-1), theta


def fit(model, loader, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(epochs):
        total = 0.0
        for counts in loader:
            log_words, theta = model(counts)
            loss = -(counts * log_words).sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"[{epoch}] {total / len(loader):.3f}")


torch.manual_seed(0)
vocabulary = build_vocabulary(SENTENCES)
matrix = torch.tensor([bag_of_words(s, vocabulary) for s in SENTENCES])  # <- culprit
# mended: matrix = torch.tensor([bag_of_words(s, vocabulary) for s in SENTENCES], dtype=torch.float32)
model = TopicAutoencoder(len(vocabulary), topics=3)
fit(model, DataLoader(matrix, batch_size=16, shuffle=True), epochs=2)
