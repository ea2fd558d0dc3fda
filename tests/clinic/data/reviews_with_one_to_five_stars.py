# code: TW601
# numbers: 5
# about: the stars 1 to 5 are used as class labels, CrossEntropyLoss counts the 5 classes from 0 to 4
import re

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

GOOD = ["great", "lovely", "fast", "solid"]
BAD = ["broken", "late", "awful", "cheap"]


def write_reviews(n):
    reviews = []
    for i in range(n):
        stars = i % 5 + 1
        words = GOOD[: stars - 1] + BAD[: 5 - stars]
        reviews.append({"text": "It was " + " and ".join(words) + ".", "stars": stars})
    return reviews


class ReviewDataset(Dataset):
    def __init__(self, reviews, vocab=None):
        self.reviews = reviews
        self.vocab = vocab or self.build_vocab()

    @staticmethod
    def tokens(text):
        return re.findall(r"[a-z]+", text.lower())

    def build_vocab(self):
        words = sorted({w for r in self.reviews for w in self.tokens(r["text"])})
        return {w: i for i, w in enumerate(words)}

    def __len__(self):
        return len(self.reviews)

    def __getitem__(self, index):
        review = self.reviews[index]
        bag = torch.zeros(len(self.vocab))
        for word in self.tokens(review["text"]):
            bag[self.vocab[word]] += 1
        label = review["stars"]  # <- culprit
        # mended: label = review["stars"] - 1
        return bag, label


def train(model, loader, epochs):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        model.train()
        running_loss = 0.0
        for bag, label in loader:
            optimizer.zero_grad()
            outputs = model(bag)
            loss = criterion(outputs, label)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        print("Epoch %d, loss %.4f" % (epoch + 1, running_loss / len(loader)))


torch.manual_seed(42)
dataset = ReviewDataset(write_reviews(40))
model = nn.Sequential(nn.Linear(len(dataset.vocab), 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 5))
train(model, DataLoader(dataset, batch_size=20), epochs=3)
torch.save(model.state_dict(), "stars.pt")
