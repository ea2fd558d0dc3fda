# code: TW216
# numbers: 6 14
# about: the mask is made as (time, batch): rows and columns are exchanged where steps meet lengths
import torch
from torch import nn

N_WORDS, D = 40, 16


def padding_of(lengths, longest):
    positions = torch.arange(longest)
    return positions.unsqueeze(1) >= lengths.unsqueeze(0)  # <- culprit
    # mended: return positions.unsqueeze(0) >= lengths.unsqueeze(1)


class Dialogue(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(N_WORDS, D)
        self.attend = nn.MultiheadAttention(D, 2, batch_first=True)
        self.out = nn.Linear(D, 2)

    def forward(self, words, lengths):
        h = self.words(words)
        mask = padding_of(lengths, words.size(1))
        h, _ = self.attend(h, h, h, key_padding_mask=mask)
        return self.out(h[:, 0])


model = Dialogue()
opt = torch.optim.Adam(model.parameters())
for step in range(3):
    lengths = torch.randint(3, 15, (6,))
    lengths[0] = 14
    words = torch.randint(1, N_WORDS, (6, 14))
    loss = nn.functional.cross_entropy(model(words, lengths), torch.randint(0, 2, (6,)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, loss.item())
