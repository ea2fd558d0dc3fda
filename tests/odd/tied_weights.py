# about: one Parameter belongs to two layers, parameters() lists it once, and the decoder's own weight is thrown away
import torch
from torch import nn

config = dict(vocab=50, dim=24, heads=4, context=12, layers=2)


class TinyLM(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.tok = nn.Embedding(cfg["vocab"], cfg["dim"])
        self.pos = nn.Parameter(0.02 * torch.randn(1, cfg["context"], cfg["dim"]))
        layer = nn.TransformerEncoderLayer(
            cfg["dim"], cfg["heads"], 4 * cfg["dim"], dropout=0.0, batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, cfg["layers"], enable_nested_tensor=False)
        # the layers share their attention too, as in ALBERT
        self.blocks.layers[1].self_attn = self.blocks.layers[0].self_attn
        self.lm_head = nn.Linear(cfg["dim"], cfg["vocab"], bias=False)
        self.lm_head.weight = self.tok.weight

    def forward(self, idx, targets=None):
        T = idx.size(1)
        mask = nn.Transformer.generate_square_subsequent_mask(T)
        h = self.blocks(self.tok(idx) + self.pos[:, :T], mask=mask, is_causal=True)
        logits = self.lm_head(h)
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)


torch.manual_seed(1)
model = TinyLM(config)
names = [n for n, _ in model.named_parameters()]
assert "lm_head.weight" not in names and "lm_head.weight" in model.state_dict()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
text = torch.arange(200) * 7 % 50
for step in range(15):
    start = torch.randint(0, 180, (16,))
    seq = torch.stack([text[s : s + 13] for s in start])
    labels = seq[:, 1:].clone()
    labels[:, :2] = -100
    _, loss = model(seq[:, :-1], labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.load_state_dict(model.state_dict())
assert model.lm_head.weight is model.tok.weight
print(round(loss.item(), 3))
