# code: TW002
# numbers: norm2
# about: a trailing comma behind nn.LayerNorm(dim) makes self.norm2 a tuple
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)

VOCAB, CONTEXT, DIM = 40, 12, 32


class Block(nn.Module):
    def __init__(self, dim: int, heads: int, ratio: int = 2) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(dim),  # <- culprit
        # mended: self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(
            nn.Linear(dim, ratio * dim),
            nn.GELU(),
            nn.Linear(ratio * dim, dim),
        )

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        h = self.norm1(x)
        h, _ = self.attn(h, h, h, attn_mask=mask, need_weights=False)
        x = x + h
        return x + self.mlp(self.norm2(x))


class TinyGPT(nn.Module):
    def __init__(self, depth: int = 2) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCAB, DIM)
        self.positions = nn.Parameter(torch.zeros(CONTEXT, DIM))
        self.blocks = nn.ModuleList(Block(DIM, 4) for _ in range(depth))
        self.register_buffer("mask", torch.ones(CONTEXT, CONTEXT).triu(1).bool())
        self.to_logits = nn.Linear(DIM, VOCAB)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.tokens(ids) + self.positions
        for block in self.blocks:
            x = block(x, self.mask)
        return self.to_logits(x)


text = torch.randint(0, VOCAB, (1300,))
windows = text.unfold(0, CONTEXT + 1, CONTEXT)
loader = DataLoader(TensorDataset(windows[:, :-1], windows[:, 1:]), batch_size=16, shuffle=True)
gpt = TinyGPT()
optimizer = torch.optim.AdamW(gpt.parameters(), lr=1e-3, weight_decay=0.1)
for step, (ids, following) in enumerate(loader):
    logits = gpt(ids)
    loss = nn.functional.cross_entropy(logits.reshape(-1, VOCAB), following.reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(gpt.parameters(), 1.0)
    optimizer.step()
    if step % 2 == 0:
        print(f"step {step}: {loss.item():.3f}")
