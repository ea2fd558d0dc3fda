# code: TW601
# numbers: 42 4
# about: the party codes of the survey (7, 19, 31, 42) are appended as labels of 4 classes; their place among PARTIES is the class
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

PARTIES = [7, 19, 31, 42]  # codes of the survey's form
QUESTIONS = 12


def answers(count, seed=2):
    rnd = random.Random(seed)
    for _ in range(count):
        party = rnd.choice(PARTIES)
        yield {"party": party, "answers": [rnd.randint(1, 5) + party / 42 for _ in range(QUESTIONS)]}


class Survey(Dataset):
    def __init__(self, forms):
        self.samples = []
        for form in forms:
            x = torch.tensor(form["answers"])
            self.samples.append((x, form["party"]))  # <- culprit
            # mended: self.samples.append((x, PARTIES.index(form["party"])))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


def fit(model, loader, epochs=2):
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    objective = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for x, party in loader:
            optimizer.zero_grad()
            loss = objective(model(x), party)
            loss.backward()
            optimizer.step()
    return loss.item()


torch.manual_seed(0)
network = nn.Sequential(nn.Linear(QUESTIONS, 24), nn.ReLU(), nn.Linear(24, len(PARTIES)))
print(fit(network, DataLoader(Survey(answers(90)), batch_size=15, shuffle=True)))
