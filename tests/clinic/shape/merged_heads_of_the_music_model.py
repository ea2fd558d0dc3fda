# code: TW213
# numbers: -
# about: the heads are transposed back and then viewed; the transposed tensor isn't contiguous, it needs reshape
import torch
import torch.nn.functional as F
from torch import nn


def split_heads(t, heads):
    b, n, d = t.shape
    return t.view(b, n, heads, d // heads).transpose(1, 2)


def merge_heads(t):
    b, h, n, d = t.shape
    joined = t.transpose(1, 2)  # <- or here
    return joined.view(b, n, h * d)  # <- culprit
    # mended: return joined.reshape(b, n, h * d)


class CausalBlock(nn.Module):
    def __init__(self, width, heads, drop=0.0):
        super().__init__()
        self.heads = heads
        self.ln_a = nn.LayerNorm(width)
        self.ln_b = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(drop))

    def attend(self, x):
        q, k, v = (split_heads(part, self.heads) for part in self.qkv(x).chunk(3, dim=-1))
        scores = q @ k.mT * k.size(-1) ** -0.5
        future = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
        return self.proj(merge_heads(weights @ v))

    def forward(self, x):
        x = x + self.attend(self.ln_a(x))
        return x + self.mlp(self.ln_b(x))


class NoteModel(nn.Module):
    def __init__(self, notes=88, width=32, heads=4, depth=2, context=24):
        super().__init__()
        self.note = nn.Embedding(notes, width)
        self.place = nn.Parameter(torch.randn(context, width) * 0.02)
        self.blocks = nn.Sequential(*(CausalBlock(width, heads) for _ in range(depth)))
        self.head = nn.Linear(width, notes)

    def forward(self, melody):
        h = self.note(melody) + self.place[: melody.size(1)]
        return self.head(self.blocks(h))


def melodies(count, length):
    start = torch.randint(30, 50, (count, 1))
    steps = torch.randint(-2, 3, (count, length))
    return (start + steps.cumsum(1)).clamp(0, 87)


if __name__ == "__main__":
    torch.manual_seed(88)
    net = NoteModel()
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for step in range(4):
        batch = melodies(8, 21)
        logits = net(batch[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, 88), batch[:, 1:].reshape(-1))
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(f"step {step} nll {loss.item():.3f}")
