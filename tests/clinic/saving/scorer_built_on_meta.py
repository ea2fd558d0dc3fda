# code: TW810
# numbers: -
# about: the big model is built on meta and its weights are loaded without assign=True, so the forward meets weights without numbers
import os
import tempfile

import torch
from torch import nn


class Scorer(nn.Module):
    def __init__(self, n_in=12):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.head = nn.Linear(32, 1)

    def forward(self, rows):
        return self.head(self.body(rows)).squeeze(1)


class Service:
    """answers requests with the weights of a file"""

    def __init__(self, path):
        with torch.device("meta"):
            self.model = Scorer()
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state)  # <- culprit
        # mended: self.model.load_state_dict(state, assign=True)
        self.model.eval()

    def answer(self, rows):
        with torch.no_grad():
            return self.model(rows).sigmoid()


folder = tempfile.mkdtemp()
path = os.path.join(folder, "scorer.pt")
torch.manual_seed(0)
torch.save(Scorer().state_dict(), path)
service = Service(path)
print(service.answer(torch.rand(4, 12)))
