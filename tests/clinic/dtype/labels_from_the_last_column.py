# code: TW403
# numbers: float32
# about: the labels are a column of the float table and were never made integers
import io

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def read_csv(text):
    return np.loadtxt(io.StringIO(text), delimiter=",", skiprows=1, dtype=np.float32)


def fake_csv(rows=90):
    rng = np.random.default_rng(4)
    lines = ["length,width,height,weight,kind"]
    for i in range(rows):
        values = rng.normal(loc=i % 3, size=4)
        lines.append(",".join(f"{v:.3f}" for v in values) + f",{i % 3}")
    return "\n".join(lines)


class Measurements(Dataset):
    def __init__(self, text):
        table = torch.from_numpy(read_csv(text))
        self.inputs = table[:, :-1]
        self.kinds = table[:, -1]  # <- culprit
        # mended: self.kinds = table[:, -1].long()
        self.inputs = (self.inputs - self.inputs.mean(0)) / self.inputs.std(0)

    def __len__(self):
        return self.inputs.shape[0]

    def __getitem__(self, i):
        return self.inputs[i], self.kinds[i]


class Classifier(nn.Module):
    def __init__(self, n_in, n_hidden, n_out, p_drop=0.1):
        super(Classifier, self).__init__()
        self.lin1 = nn.Linear(n_in, n_hidden)
        self.lin2 = nn.Linear(n_hidden, n_out)
        self.drop = nn.Dropout(p_drop)

    def forward(self, inputs):
        return self.lin2(self.drop(torch.tanh(self.lin1(inputs))))


class Trainer:
    def __init__(self, model, criterion, lr):
        self.model = model
        self.criterion = criterion
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        self.history = []

    def step(self, inputs, kinds):
        self.optimizer.zero_grad()
        scores = self.model(inputs)
        loss = self.criterion(scores, kinds)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, loader, epochs):
        for _ in range(epochs):
            self.history.append(np.mean([self.step(a, b) for a, b in loader]))


torch.manual_seed(8)
trainer = Trainer(Classifier(4, 12, 3), nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 1.0])), lr=0.1)
trainer.fit(DataLoader(Measurements(fake_csv()), batch_size=18, shuffle=True), epochs=3)
print(trainer.history)
