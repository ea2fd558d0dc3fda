# code: TW740
# numbers: -
# about: a boolean mask of the future in scaled_dot_product_attention
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
class A(nn.Module):
    def __init__(s):
        super().__init__(); s.e = nn.Embedding(20, 16); s.qkv = nn.Linear(16, 48); s.o = nn.Linear(16, 20)
    def forward(s, t):
        x = s.e(t); q, k, v = s.qkv(x).chunk(3, -1)
        m = torch.triu(torch.ones(t.shape[1], t.shape[1], dtype=torch.bool), diagonal=1)  # <- culprit
        # mended: m = torch.tril(torch.ones(t.shape[1], t.shape[1], dtype=torch.bool))
        return s.o(F.scaled_dot_product_attention(q, k, v, attn_mask=m))
m = A(); o = torch.optim.Adam(m.parameters())
for i in range(4):
    t = torch.randint(0, 20, (8, 9))
    loss = F.cross_entropy(m(t[:, :-1]).transpose(1, 2), t[:, 1:]); o.zero_grad(); loss.backward(); o.step()
