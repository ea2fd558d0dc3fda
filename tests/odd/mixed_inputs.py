# about: a dict batch with float64, uint8, int32, int64 and missing parts side by side; each is cast where it is used
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(0)


class Listings(Dataset):
    def __init__(self, n):
        self.table = rng.normal(size=(n, 5))  # float64
        self.photo = rng.integers(0, 256, (n, 16, 16, 3), dtype=np.uint8)
        self.city = rng.integers(0, 7, n).astype(np.int32)
        self.price = (self.table.sum(1) + self.city * 0.1).astype(np.float32)

    def __len__(self):
        return len(self.price)

    def __getitem__(self, i):
        return {
            "table": self.table[i],
            "photo": self.photo[i],
            "city": self.city[i],
            "price": self.price[i],
            "id": f"L{i:04d}",
        }


class Fusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Linear(5, 16).double()  # sums of many digits, kept in double
        self.photo = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.city = nn.Embedding(7, 4)
        self.head = nn.Linear(16 + 8 + 4, 1)

    def forward(self, table, photo, city, *, price=None, **ignored):
        parts = [
            self.table(table).relu().float(),
            self.photo(photo.permute(0, 3, 1, 2) / 255),  # uint8 / int gives float32
            self.city(city),  # int32 is fine for an embedding
        ]
        out = self.head(torch.cat(parts, -1))[..., 0]
        return out if price is None else (out, (out - price).abs().mean())


torch.manual_seed(0)
model = Fusion()
optimizer = torch.optim.Adam(model.parameters(), 5e-3)
for epoch in range(3):
    for batch in DataLoader(Listings(64), batch_size=20):
        assert isinstance(batch["id"], list)
        _, loss = model(**batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print("mae", loss.item())
