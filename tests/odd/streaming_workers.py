# about: a data set without length or index, shared between two workers; a None in the batch means no weights
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class LogStream(IterableDataset):
    def __init__(self, shards, window=8):
        self.shards, self.window = shards, window

    def __iter__(self):
        info = get_worker_info()
        mine = self.shards if info is None else self.shards[info.id :: info.num_workers]
        for shard in mine:
            gen = torch.Generator().manual_seed(shard)
            buffer = []
            for value in torch.randn(30 + shard, generator=gen).cumsum(0):
                buffer.append(value)
                if len(buffer) == self.window + 1:
                    yield torch.stack(buffer[:-1]), buffer[-1]
                    buffer = buffer[1:]


def collate(batch):
    x, y = map(torch.stack, zip(*batch))
    return {"x": x, "y": y, "weight": None, "shard": get_worker_info().id}


def main():
    torch.manual_seed(43)
    loader = DataLoader(LogStream(range(6)), batch_size=16, num_workers=2, collate_fn=collate, persistent_workers=True)
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    shards = set()
    for epoch in range(2):
        count = 0
        for batch in loader:
            x, y = batch["x"], batch["y"]
            shards.add(batch["shard"])
            loss = nn.functional.mse_loss(net(x), y, weight=batch["weight"])
            opt.zero_grad()
            loss.backward()
            opt.step()
            count += len(x)
    try:
        len(loader)
    except TypeError:
        print("no length, as expected;", count, "windows,", len(shards), "workers, loss", round(loss.item(), 3))


if __name__ == "__main__":
    main()
