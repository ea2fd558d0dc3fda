# code: TW230
# numbers: 96 24
# about: the lines' widths in pixels go to the CTC loss as its input lengths; two poolings have left a quarter of the columns
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

LETTERS = "_abcdefgh"
HEIGHT = 16


class Lines(Dataset):
    """Scans of single words, each as wide as its word."""

    def __init__(self, count=48):
        draw = torch.Generator().manual_seed(0)
        self.samples = []
        for number in range(count):
            letters = 3 + number % 4
            width = 16 * letters
            scan = torch.rand(1, HEIGHT, width, generator=draw)
            self.samples.append((scan, torch.randint(1, len(LETTERS), (letters,), generator=draw)))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


def collate(samples):
    widths = torch.tensor([scan.shape[-1] for scan, _ in samples])
    widest = int(widths.max())
    scans = torch.stack([F.pad(scan, (0, widest - scan.shape[-1])) for scan, _ in samples])
    texts = torch.cat([text for _, text in samples])
    counts = torch.tensor([len(text) for _, text in samples])
    return scans, widths, texts, counts


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.head = nn.Linear(32 * HEIGHT // 4, len(LETTERS))

    def forward(self, scans):
        maps = self.body(scans)
        columns = maps.flatten(1, 2).permute(2, 0, 1)
        return self.head(columns).log_softmax(2)


loader = DataLoader(Lines(), batch_size=8, collate_fn=collate)
reader = Reader()
criterion = nn.CTCLoss(zero_infinity=True)
optimizer = torch.optim.Adam(reader.parameters(), lr=1e-3)
for scans, widths, texts, counts in loader:
    log_probs = reader(scans)
    num_columns = widths  # <- culprit
    # mended: num_columns = widths // 4
    loss = criterion(log_probs, texts, num_columns, counts)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
