# code: TW610
# numbers: -12
# about: semitone_index returns the distance from middle C as it is, -12 to 12; as a row of the table it must be counted from -12
import random
import torch
from torch import nn

DEEPEST = -12
HIGHEST = 12


def semitone_index(distance: int) -> int:
    if not DEEPEST <= distance <= HIGHEST:
        raise ValueError(distance)
    return distance  # <- culprit
    # mended: return distance - DEEPEST


def melody(rnd, length=16):
    note, found = 0, []
    for _ in range(length + 1):
        note = max(DEEPEST, min(HIGHEST, note + rnd.choice([-5, -4, -2, -1, 1, 2, 3, 5])))
        found.append(note)
    return found


def batch(rnd, size=40):
    rows = [[semitone_index(n) for n in melody(rnd)] for _ in range(size)]
    table = torch.tensor(rows)
    return table[:, :-1], table[:, 1:]


class Composer(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        count = HIGHEST - DEEPEST + 1
        self.notes = nn.Embedding(count, dim)
        self.memory = nn.LSTM(dim, dim, batch_first=True)
        self.following = nn.Linear(dim, count)

    def forward(self, notes):
        out, _ = self.memory(self.notes(notes))
        return self.following(out)


rnd = random.Random(0)
torch.manual_seed(0)
model = Composer()
opt = torch.optim.Adam(model.parameters())
for step in range(3):
    before, after = batch(rnd)
    loss = nn.functional.cross_entropy(model(before).flatten(0, 1), after.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
