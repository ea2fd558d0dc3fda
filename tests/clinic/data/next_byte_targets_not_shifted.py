# code: TW602
# numbers: 120 128
# about: the targets are all 16 bytes of each row, the model saw only 15: 120 rows of logits, 128 targets
import torch
from torch import nn

torch.manual_seed(256)

corpus = b"in the beginning the modem sang and the packets crossed the wire, one byte after another. " * 8
data = torch.tensor(list(corpus))


class MixerBlock(nn.Module):
    def __init__(self, width, reach):
        super().__init__()
        self.pad = nn.ConstantPad1d((reach - 1, 0), 0.0)
        self.mix = nn.Conv1d(width, 2 * width, reach)
        self.norm = nn.GroupNorm(1, width)

    def forward(self, h):
        a, gate = self.mix(self.pad(self.norm(h))).chunk(2, dim=1)
        return h + a * torch.sigmoid(gate)


class ByteModel(nn.Module):
    def __init__(self, width=24, depth=3):
        super().__init__()
        self.embed = nn.Embedding(256, width)
        self.blocks = nn.Sequential(*[MixerBlock(width, reach=3) for _ in range(depth)])
        self.head = nn.Linear(width, 256)

    def forward(self, ids):
        h = self.embed(ids).transpose(1, 2)
        return self.head(self.blocks(h).transpose(1, 2))


def get_batch(source, batch_size=8, block_size=16):
    ix = torch.randint(len(source) - block_size, (batch_size,))
    rows = torch.stack([source[i : i + block_size] for i in ix])
    inputs = rows[:, :-1]
    targets = rows  # <- culprit
    # mended: targets = rows[:, 1:]
    return inputs, targets


def compute_loss(model, batch):
    inputs, targets = batch
    logits = model(inputs)
    return nn.functional.cross_entropy(logits.reshape(-1, 256), targets.reshape(-1))


@torch.no_grad()
def estimate(model, source, rounds=2):
    model.eval()
    value = torch.stack([compute_loss(model, get_batch(source)) for _ in range(rounds)]).mean()
    model.train()
    return value.item()


cut = int(0.9 * len(data))
train_data, val_data = data[:cut], data[cut:]
model = ByteModel()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for it in range(5):
    loss = compute_loss(model, get_batch(train_data))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % 2 == 0:
        print(f"iter {it}: train {loss.item():.3f}, val {estimate(model, val_data):.3f}")
