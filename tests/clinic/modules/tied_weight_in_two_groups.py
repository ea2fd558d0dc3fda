# code: TW010
# numbers: tok.weight lm_head.weight
# about: lm_head.weight is tied to tok.weight, so both parameter groups hold the same parameter
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(4)

CORPUS = "the cat sat on the mat and the dog sat on the log while the cow ate all of the hay " * 6
CHARS = sorted(set(CORPUS))
STOI = {c: i for i, c in enumerate(CHARS)}


class CharLM(nn.Module):
    def __init__(self, n_chars, dim=24, layers=1, tie=True):
        super().__init__()
        self.tok = nn.Embedding(n_chars, dim)
        self.gru = nn.GRU(dim, dim, layers, batch_first=True)
        self.lm_head = nn.Linear(dim, n_chars)
        if tie:
            self.lm_head.weight = self.tok.weight

    def forward(self, ids, state=None):
        out, state = self.gru(self.tok(ids), state)
        return self.lm_head(out), state


def param_groups(model, lr):
    return [
        {"params": model.tok.parameters(), "lr": lr * 0.5, "weight_decay": 0.0},
        {"params": model.gru.parameters(), "lr": lr},
        {"params": model.lm_head.parameters(), "lr": lr * 2},  # <- culprit
        # mended: {"params": [model.lm_head.bias], "lr": lr * 2},
    ]


def get_batch(data, batch=8, length=20):
    starts = torch.randint(0, len(data) - length - 1, (batch,)).tolist()
    x = torch.stack([data[s : s + length] for s in starts])
    y = torch.stack([data[s + 1 : s + length + 1] for s in starts])
    return x, y


@torch.no_grad()
def sample(model, prompt, n=20):
    ids, state = torch.tensor([[STOI[c] for c in prompt]]), None
    text = prompt
    for _ in range(n):
        logits, state = model(ids, state)
        ids = torch.multinomial(logits[:, -1].softmax(-1), 1)
        text += CHARS[ids.item()]
    return text


data = torch.tensor([STOI[c] for c in CORPUS])
model = CharLM(len(CHARS))
opt = torch.optim.AdamW(param_groups(model, 1e-2), lr=1e-2)
for it in range(20):
    x, y = get_batch(data)
    logits, _ = model(x)
    loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"{loss.item():.3f}", sample(model, "the "))
