# code: TW010
# numbers: scorer
# about: NEW_LAYERS says "regressor", the module is named scorer: its weights stand in the old group too
import torch
from torch import nn

NEW_LAYERS = "regressor"  # <- culprit
# mended: NEW_LAYERS = "scorer"
LRS = {"old": 1e-5, "new": 1e-3}


class EssayModel(nn.Module):
    def __init__(self, vocab=100, dim=20):
        super().__init__()
        self.words = nn.EmbeddingBag(vocab, dim)
        self.middle = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.LayerNorm(dim))
        self.scorer = nn.Sequential(nn.Linear(dim, 8), nn.ReLU(), nn.Linear(8, 1))

    def forward(self, ids):
        return self.scorer(self.middle(self.words(ids))).squeeze(1)


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = self.configure()

    def configure(self):
        old = [p for n, p in self.model.named_parameters() if NEW_LAYERS not in n]
        groups = [
            dict(params=old, lr=LRS["old"]),
            dict(params=self.model.scorer.parameters(), lr=LRS["new"]),
        ]
        return torch.optim.AdamW(groups, weight_decay=0.01)

    def step(self, ids, grade):
        loss = nn.functional.mse_loss(self.model(ids), grade)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


if __name__ == "__main__":
    torch.manual_seed(11)
    trainer = Trainer(EssayModel())
    for _ in range(3):
        print(trainer.step(torch.randint(0, 100, (6, 30)), torch.rand(6)))
