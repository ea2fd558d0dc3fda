# code: TW211
# numbers: 32 48
# about: the image tower projects to 32 values, the text tower to 48: they can't be compared
import torch
from torch import nn
from torch.nn import functional as F

CONFIG = {
    "image": {"channels": [3, 8, 16], "embed_dim": 32},  # <- or here
    "text": {"vocab_size": 60, "width": 20, "embed_dim": 48},  # <- culprit
    # mended: "text": {"vocab_size": 60, "width": 20, "embed_dim": 32},
    "temperature": 0.07,
    "lr": 1e-3,
}


def image_tower(channels, embed_dim):
    layers = []
    for c_in, c_out in zip(channels[:-1], channels[1:]):
        layers += [nn.Conv2d(c_in, c_out, 3, stride=2, padding=1), nn.BatchNorm2d(c_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], embed_dim))


class TextTower(nn.Module):
    def __init__(self, vocab_size, width, embed_dim):
        super().__init__()
        self.bag = nn.EmbeddingBag(vocab_size, width, mode="mean")
        self.project = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, embed_dim))

    def forward(self, ids):
        return self.project(self.bag(ids))


class PairModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.image = image_tower(**config["image"])
        self.text = TextTower(**config["text"])
        self.log_scale = nn.Parameter(torch.tensor(1 / config["temperature"]).log())

    def forward(self, pixels, ids):
        a = F.normalize(self.image(pixels), dim=-1)
        b = F.normalize(self.text(ids), dim=-1)
        return self.log_scale.exp() * a @ b.T


def contrastive_loss(similarity):
    index = torch.arange(len(similarity))
    return (F.cross_entropy(similarity, index) + F.cross_entropy(similarity.T, index)) / 2


def train(config, steps=4):
    torch.manual_seed(99)
    model = PairModel(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["lr"])
    for step in range(steps):
        pixels = torch.rand(10, 3, 20, 20)
        ids = torch.randint(0, config["text"]["vocab_size"], (10, 7))
        loss = contrastive_loss(model(pixels, ids))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"step {step}  loss {loss.item():.4f}  scale {model.log_scale.exp().item():.2f}")


train(CONFIG)
