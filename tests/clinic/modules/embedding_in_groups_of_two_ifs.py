# code: TW010
# numbers: -
# about: biases and embeddings: two ifs are both true for some parameters, which land in both groups
import torch
from torch import nn


class GroupedTrainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = self.build(lr)

    def build(self, lr):
        matrices, vectors = [], []
        for module in self.model.modules():
            for key, p in module.named_parameters(recurse=False):
                if p.ndim < 2 or isinstance(module, nn.Embedding):
                    vectors.append(p)
                if key != "bias":  # <- culprit
                    # mended: elif key != "bias":
                    matrices.append(p)
        groups = [dict(params=matrices, weight_decay=0.1), dict(params=vectors, weight_decay=0.0)]
        return torch.optim.SGD(groups, lr=lr)

    def step(self, ids, y):
        self.optimizer.zero_grad()
        loss = nn.functional.mse_loss(self.model(ids).squeeze(-1), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Rating(nn.Module):
    def __init__(self, n_items=30, dim=8):
        super().__init__()
        self.items = nn.Embedding(n_items, dim)
        self.norm = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, 1)

    def forward(self, ids):
        return self.out(self.norm(self.items(ids)))


torch.manual_seed(3)
trainer = GroupedTrainer(Rating(), 0.05)
for _ in range(3):
    print(trainer.step(torch.randint(0, 30, (16,)), torch.rand(16)))
