# code: TW620
# numbers: 20
# about: featurize() fills short peptides up to MAX_RES with a while loop, but leaves those of more than 20 residues long; cut them
import random
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

MAX_RES = 20
AMINO = "ACDEFGHIKLMNPQRSTVWY"
INDEX = {a: i + 1 for i, a in enumerate(AMINO)}


def make_peptides(n, seed=4):
    rnd = random.Random(seed)
    found = []
    for _ in range(n):
        length = rnd.choice([8, 9, 10, 14, 26])
        found.append(("".join(rnd.choice(AMINO) for _ in range(length)), rnd.random()))
    return found


class Peptides(Dataset):
    def __init__(self, table):
        self.table = table

    def __len__(self):
        return len(self.table)

    @staticmethod
    def featurize(sequence):
        codes = [INDEX[a] for a in sequence]
        while len(codes) < MAX_RES:
            codes.append(0)
        return torch.tensor(codes, dtype=torch.long)  # <- culprit
        # mended: return torch.tensor(codes[:MAX_RES], dtype=torch.long)

    def __getitem__(self, row):
        sequence, affinity = self.table[row]
        return {"codes": self.featurize(sequence), "affinity": torch.tensor(affinity)}


class Binder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.table = nn.Embedding(len(AMINO) + 1, dim, padding_idx=0)
        self.rnn = nn.GRU(dim, 24, batch_first=True)
        self.head = nn.Linear(24, 1)

    def forward(self, codes):
        _, h = self.rnn(self.table(codes))
        return self.head(h[-1]).squeeze(1)


torch.manual_seed(0)
loader = DataLoader(Peptides(make_peptides(60)), batch_size=10, shuffle=True)
net = Binder()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for batch in loader:
    loss = nn.functional.mse_loss(net(batch["codes"]), batch["affinity"])
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
