# about: RuntimeErrors are caught on purpose: the batch doubles until torch refuses, the last good one is used
import gc

import torch
from torch import nn


class Budgeted(nn.Module):
    """Stands in for a small GPU: refuses activations above a number of bytes."""

    def __init__(self, limit):
        super().__init__()
        self.limit = limit
        self.layers = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 10))

    def forward(self, x):
        if x.shape[0] * 128 * 4 * 3 > self.limit:
            # a real request that no machine can grant
            torch.empty(2**52, dtype=torch.uint8)
        return self.layers(x)


def is_oom(error):
    text = str(error).lower()
    return "out of memory" in text or "can't allocate memory" in text or "defaultcpuallocator" in text


def find_batch_size(model, start=16, ceiling=65536):
    size, good = start, None
    while size <= ceiling:
        try:
            loss = model(torch.randn(size, 64)).sum()
            loss.backward()
        except RuntimeError as error:
            if not is_oom(error):
                raise
            print(f"{size}: does not fit")
            gc.collect()
            break
        else:
            good = size
            size *= 2
        finally:
            model.zero_grad(set_to_none=True)
            loss = None
    if good is None:
        raise SystemExit("not even the smallest batch fits")
    return good


torch.manual_seed(0)
net = Budgeted(limit=1_000_000)
batch = find_batch_size(net)
assert batch == 512, batch
opt = torch.optim.SGD(net.parameters(), lr=0.01)
data, labels = torch.randn(1000, 64), torch.randint(10, (1000,))
for x, y in zip(data.split(batch), labels.split(batch)):
    opt.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    opt.step()
print("trained with batches of", batch)
