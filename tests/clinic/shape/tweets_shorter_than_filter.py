# code: TW206
# numbers: 3 5
# about: a batch of short messages is padded only to its longest (3 words), the widest filter spans 5
import torch
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(6)

MESSAGES = [
    ("my order never came and nobody answers", 1),
    ("the app crashes when i open settings", 1),
    ("please refund the second charge on my card", 1),
    ("great service from your team this week", 0),
    ("thank you", 0),
    ("love it", 0),
    ("works fine now", 0),
    ("still broken", 1),
]
FILTERS = (2, 3, 5)

vocab = {"<pad>": 0}
for text, _ in MESSAGES:
    for word in text.split():
        vocab.setdefault(word, len(vocab))


def encode(text):
    return [vocab[word] for word in text.split()]


def collate(batch):
    ids = [encode(text) for text, _ in batch]
    longest = max(len(row) for row in ids)  # <- culprit
    # mended: longest = max(max(FILTERS), *(len(row) for row in ids))
    padded = torch.zeros(len(ids), longest, dtype=torch.long)  # <- or here
    for k, row in enumerate(ids):
        padded[k, : len(row)] = torch.tensor(row)
    return padded, torch.tensor([label for _, label in batch], dtype=torch.float32)


class ComplaintNet(nn.Module):
    def __init__(self, n_words, dim=10, n_maps=6):
        super().__init__()
        self.words = nn.Embedding(n_words, dim, padding_idx=0)
        self.windows = nn.ModuleDict({f"w{k}": nn.Conv1d(dim, n_maps, k) for k in FILTERS})
        self.out = nn.Linear(n_maps * len(FILTERS), 1)

    def forward(self, ids):
        e = self.words(ids).permute(0, 2, 1)
        found = []
        for window in self.windows.values():
            found.append(window(e).relu().amax(dim=2))
        return self.out(torch.cat(found, dim=1)).squeeze(1)


loader = DataLoader(MESSAGES, batch_size=4, shuffle=False, collate_fn=collate)
net = ComplaintNet(len(vocab))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adagrad(net.parameters(), lr=0.05)
for epoch in range(4):
    seen, right = 0, 0
    for ids, is_complaint in loader:
        logit = net(ids)
        loss = criterion(logit, is_complaint)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right += ((logit > 0) == is_complaint.bool()).sum().item()
        seen += len(ids)
    print(f"epoch {epoch} loss {loss.item():.3f} accuracy {right}/{seen}")
