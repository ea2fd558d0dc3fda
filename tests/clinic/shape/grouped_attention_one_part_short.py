# code: TW225
# numbers: 48 64
# about: grouped attention: q has 32 features, k and v 16 each; the joint projection was written for q and one of them only
import math
import torch
import torch.nn as nn
import torch.nn.functional as F


class Args:
    dim, heads, kv_heads, vocab, length = 32, 4, 2, 40, 12


class GroupedAttention(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.h, self.kv, self.d = args.heads, args.kv_heads, args.dim // args.heads
        self.q_size = self.h * self.d
        self.kv_size = self.kv * self.d
        self.wqkv = nn.Linear(args.dim, self.q_size + self.kv_size, bias=False)  # <- culprit
        # mended: self.wqkv = nn.Linear(args.dim, self.q_size + 2 * self.kv_size, bias=False)
        self.wo = nn.Linear(self.q_size, args.dim, bias=False)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.wqkv(x).split([self.q_size, self.kv_size, self.kv_size], dim=-1)
        q = q.view(b, t, self.h, self.d).transpose(1, 2)
        k = k.view(b, t, self.kv, self.d).transpose(1, 2).repeat_interleave(self.h // self.kv, dim=1)
        v = v.view(b, t, self.kv, self.d).transpose(1, 2).repeat_interleave(self.h // self.kv, dim=1)
        w = (q @ k.transpose(-1, -2) / math.sqrt(self.d)).softmax(-1)
        return self.wo((w @ v).transpose(1, 2).reshape(b, t, -1))


class TinyLM(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.tok = nn.Embedding(args.vocab, args.dim)
        self.att = GroupedAttention(args)
        self.norm = nn.LayerNorm(args.dim)
        self.out = nn.Linear(args.dim, args.vocab)

    def forward(self, ids):
        x = self.tok(ids)
        return self.out(self.norm(x + self.att(x)))


if __name__ == "__main__":
    torch.manual_seed(0)
    lm = TinyLM(Args)
    opt = torch.optim.AdamW(lm.parameters(), lr=1e-3)
    for _ in range(3):
        ids = torch.randint(0, Args.vocab, (8, Args.length))
        loss = F.cross_entropy(lm(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(loss.item())
