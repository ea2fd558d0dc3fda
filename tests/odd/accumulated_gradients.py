# about: zero_grad and step only every few batches, a leftover step after the loop, checkpointed blocks: all right
import torch
import torch.nn as nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
ACCUM = 4


class Tower(nn.Module):
    def __init__(self, width=32, depth=4):
        super().__init__()
        self.stem = nn.Linear(10, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU()) for _ in range(depth)
        )
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        h = self.stem(x)
        for i, block in enumerate(self.blocks):
            # every second block is computed again in backward
            h = h + (checkpoint(block, h, use_reentrant=False) if i % 2 and self.training else block(h))
        return self.out(h).squeeze(-1)


def train_epoch(model, loader, optimizer):
    total = 0.0
    pending = 0
    optimizer.zero_grad(set_to_none=True)
    for x, y in loader:
        loss = nn.functional.smooth_l1_loss(model(x), y)
        (loss / ACCUM).backward()
        total += loss.detach()
        pending += 1
        if pending == ACCUM:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            pending = 0
    if pending:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return float(total) / len(loader)


if __name__ == "__main__":
    data = torch.randn(90, 10)
    loader = DataLoader(TensorDataset(data, data.sum(1)), batch_size=8, shuffle=True)
    model = Tower()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    history = [train_epoch(model, loader, optimizer) for _ in range(3)]
    print(["%.3f" % h for h in history])
