# code: TW016
# numbers: kind
# about: the collate function returns the kinds as a list of ints; the loss wants a tensor
import torch
from torch import nn
from torch.utils.data import DataLoader

N_KINDS = 4


class SonarEchoes(torch.utils.data.Dataset):
    def __init__(self, n):
        gen = torch.Generator().manual_seed(5)
        self.items = [
            {"echo": torch.randn(int(torch.randint(5, 12, (1,), generator=gen)), 3, generator=gen), "kind": i % N_KINDS}
            for i in range(n)
        ]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class PadEchoes:
    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, items):
        echoes = nn.utils.rnn.pad_sequence([item["echo"] for item in items], batch_first=True, padding_value=self.value)
        kinds = [item["kind"] for item in items]
        return {"echo": echoes, "kind": kinds}  # <- culprit
        # mended: return {"echo": echoes, "kind": torch.tensor(kinds)}


class EchoNet(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.step = nn.Linear(3, hidden)
        self.out = nn.Linear(hidden, N_KINDS)

    def forward(self, echo):
        return self.out(torch.relu(self.step(echo)).amax(dim=1))


net = EchoNet()
opt = torch.optim.Adam(net.parameters())
for batch in DataLoader(SonarEchoes(40), batch_size=10, collate_fn=PadEchoes()):
    logits = net(batch["echo"])
    loss = nn.functional.cross_entropy(logits, batch["kind"])
    opt.zero_grad()
    loss.backward()
    opt.step()
