# code: TW302
# numbers: -
# about: the evaluation runs without torch.no_grad(), so the kept scores hold the activations of every batch
import resource

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def limit_memory(extra_mb):
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + extra_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


class WideScorer(nn.Module):
    def __init__(self, n_inputs, width):
        super().__init__()
        self.expand = nn.Linear(n_inputs, width)
        self.score = nn.Linear(width, 1)

    def forward(self, x):
        return self.score(torch.relu(self.expand(x))).squeeze(1)


def train(model, loader, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    batches = iter(loader)
    for _ in range(steps):
        x, y = next(batches)
        loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def predict(model, loader):  # <- culprit
    # mended: @torch.no_grad()
    # mended: def predict(model, loader):
    model.eval()
    scores, answers = [], []
    for x, y in loader:
        scores.append(model(x))
        answers.append(y)
    return torch.cat(scores), torch.cat(answers)


def auc(scores, answers):
    order = scores.argsort()
    ranks = torch.empty_like(order)
    ranks[order] = torch.arange(len(scores))
    positive = answers.bool()
    n_pos, n_neg = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - n_pos * (n_pos - 1) / 2) / (n_pos * n_neg)


x = torch.randn(24_000, 12)
y = (x[:, 0] + 0.5 * x[:, 1] > 0).float()
train_loader = DataLoader(TensorDataset(x[:4000], y[:4000]), batch_size=500, shuffle=True)
test_loader = DataLoader(TensorDataset(x[4000:], y[4000:]), batch_size=1250)
limit_memory(300)
model = WideScorer(12, 8192)
print("train loss", train(model, train_loader, steps=3))
scores, answers = predict(model, test_loader)
print("test auc", auc(scores, answers).item())
