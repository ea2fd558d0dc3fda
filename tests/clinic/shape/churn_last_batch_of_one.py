# code: TW220
# numbers: 33 16
# about: 33 training rows in batches of 16 leave a last batch of one row, of which BatchNorm1d can't take a variance
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset


class ChurnModel(nn.Module):
    def __init__(self, numeric, cardinalities, hidden=(24, 12), dropout=0.1):
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(c, min(8, (c + 1) // 2)) for c in cardinalities)
        width = numeric + sum(e.embedding_dim for e in self.embeddings)
        layers = []
        for h in hidden:
            layers.extend([nn.Linear(width, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Dropout(dropout)])
            width = h
        layers.append(nn.Linear(width, 1))
        self.mlp = nn.Sequential(*layers)

    def forward(self, numbers, categories):
        parts = [emb(categories[:, j]) for j, emb in enumerate(self.embeddings)]
        return self.mlp(torch.cat([numbers, *parts], dim=1)).squeeze(1)


class Fitter:
    def __init__(self, model, train_dl, valid_dl):
        self.model, self.train_dl, self.valid_dl = model, train_dl, valid_dl
        self.opt = torch.optim.Adam(model.parameters(), lr=1e-2)
        self.loss = nn.BCEWithLogitsLoss()

    def run(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            for numbers, categories, churned in self.train_dl:
                self.opt.zero_grad()
                loss = self.loss(self.model(numbers, categories), churned)
                loss.backward()
                self.opt.step()
            print(f"epoch {epoch}: valid {self.validate():.3f}")

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        losses = [self.loss(self.model(n, c), y) for n, c, y in self.valid_dl]
        return torch.stack(losses).mean().item()


torch.manual_seed(1234)
n = 42
cardinalities = [3, 7, 12]
table = TensorDataset(
    torch.randn(n, 5),
    torch.stack([torch.randint(c, (n,)) for c in cardinalities], dim=1),
    torch.randint(2, (n,)).float(),
)
order = torch.randperm(n).tolist()
cut = int(0.8 * n)
train_dl = DataLoader(Subset(table, order[:cut]), batch_size=16, shuffle=True)  # <- culprit
# mended: train_dl = DataLoader(Subset(table, order[:cut]), batch_size=16, shuffle=True, drop_last=True)
valid_dl = DataLoader(Subset(table, order[cut:]), batch_size=16)
Fitter(ChurnModel(5, cardinalities), train_dl, valid_dl).run(epochs=2)
