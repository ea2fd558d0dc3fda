"""Image and text towers, a learned temperature, symmetric loss over the batch; siamese use of one tower in a triplet."""
import torch
from torch import nn
import torch.nn.functional as F


class Dual(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.text = nn.Linear(20, 8), nn.EmbeddingBag(50, 8)
        self.scale = nn.Parameter(torch.tensor(2.6))

    def forward(self, images, tokens):
        a = F.normalize(self.image(images), dim=-1)
        b = F.normalize(self.text(tokens), dim=-1)
        return self.scale.exp() * a @ b.t(), a


model = Dual()
opt = torch.optim.AdamW(model.parameters())
data = [(torch.randn(10, 20), torch.randint(0, 50, (10, 5))) for _ in range(5)]
for epoch in range(2):
    for images, tokens in data:
        logits, a = model(images, tokens)
        labels = torch.arange(10)
        loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2
        loss = loss + F.triplet_margin_loss(a, a + 0.01 * torch.randn_like(a), a.roll(1, 0))
        opt.zero_grad()
        loss.backward()
        opt.step()
