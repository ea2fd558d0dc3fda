# code: TW203 TW208
# numbers: 14 20
# about: the embedding comes as (batch, words, features), Conv1d wants the 20 features in dimension 1
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Reviews(Dataset):
    vocab = ["<pad>", "<unk>", "good", "bad", "great", "awful", "film", "plot", "cast", "the", "a", "was", "is", "not"]

    def __init__(self, n=64, max_len=14):
        torch.manual_seed(9)
        self.ids = torch.randint(2, len(self.vocab), (n, max_len))
        cut = torch.randint(6, max_len + 1, (n, 1))
        self.ids[torch.arange(max_len) >= cut] = 0
        self.sentiment = ((self.ids == 2) | (self.ids == 4)).any(1).long()

    def __len__(self):
        return self.ids.shape[0]

    def __getitem__(self, item):
        return self.ids[item], self.sentiment[item]


class TextCNN(nn.Module):
    def __init__(self, vocab_size, emb_dim=20, n_filters=12, sizes=(2, 3, 4), n_out=2):
        super().__init__()
        self.emb = nn.Embedding(vocab_size, emb_dim, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(emb_dim, n_filters, k) for k in sizes])
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(n_filters * len(sizes), n_out)

    def forward(self, ids):
        embedded = self.emb(ids)  # <- or here
        maps = [torch.relu(conv(embedded)) for conv in self.convs]  # <- culprit
        # mended: maps = [torch.relu(conv(embedded.transpose(1, 2))) for conv in self.convs]
        pooled = [m.max(dim=-1).values for m in maps]
        return self.fc(self.dropout(torch.cat(pooled, dim=1)))


class Trainer:
    def __init__(self, model, lr=1e-3):
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.history = []

    def fit(self, loader, epochs):
        for _ in range(epochs):
            self.model.train()
            losses = [self.step(ids, y) for ids, y in loader]
            self.history.append(sum(losses) / len(losses))
        return self

    def step(self, ids, y):
        loss = self.criterion(self.model(ids), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


reviews = Reviews()
trainer = Trainer(TextCNN(len(Reviews.vocab)))
trainer.fit(DataLoader(reviews, batch_size=16, shuffle=True), epochs=2)
print([round(x, 3) for x in trainer.history])
