# code: TW209
# numbers: 6
# about: the mask is padded time first, the frames batch first; give pad_sequence batch_first=True for both
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


class Utterances(torch.utils.data.Dataset):
    def __init__(self, n=24):
        g = torch.Generator().manual_seed(1)
        self.lengths = torch.randint(8, 15, (n,), generator=g).tolist()

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, i):
        frames = torch.randn(self.lengths[i], 13)
        return frames, frames.sum(dim=1)


def pad_batch(samples):
    frames = pad_sequence([f for f, _ in samples], batch_first=True)
    pitch = pad_sequence([p for _, p in samples], batch_first=True)
    mask = pad_sequence([torch.ones(len(p)) for _, p in samples])  # <- culprit
    # mended: mask = pad_sequence([torch.ones(len(p)) for _, p in samples], batch_first=True)
    return frames, pitch, mask


class Pitch(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(13, 16, batch_first=True)
        self.out = nn.Linear(16, 1)

    def forward(self, frames):
        return self.out(self.rnn(frames)[0]).squeeze(-1)


def masked_error(predicted, wanted, mask):
    error = (predicted - wanted).abs()
    return (error * mask).sum() / mask.sum()


net = Pitch()
optimizer = torch.optim.Adam(net.parameters())
for frames, pitch, mask in DataLoader(Utterances(), batch_size=6, collate_fn=pad_batch):
    loss = masked_error(net(frames), pitch, mask)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
