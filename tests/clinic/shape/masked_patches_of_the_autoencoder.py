# code: TW209
# numbers: 16 48
# about: the mask is (batch, 16 patches) and lacks a last dimension to go with patches of 48 values
import torch
from torch import Tensor, nn

torch.manual_seed(21)
PATCH = 4


def patchify(img: Tensor) -> Tensor:
    b, c, h, w = img.shape
    img = img.reshape(b, c, h // PATCH, PATCH, w // PATCH, PATCH)
    return img.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, PATCH * PATCH * c)


def random_mask(batch: int, patches: int, ratio: float) -> Tensor:
    noise = torch.rand(batch, patches)
    keep = int(patches * (1 - ratio))
    threshold = noise.sort(dim=1).values[:, keep - 1 : keep]
    return noise > threshold  # <- culprit
    # mended: return (noise > threshold).unsqueeze(-1)


class MaskedAutoencoder(nn.Module):
    def __init__(self, patch_dim: int, width: int = 40, ratio: float = 0.75) -> None:
        super().__init__()
        self.ratio = ratio
        self.mask_value = nn.Parameter(torch.zeros(patch_dim))
        self.encode = nn.Sequential(nn.Linear(patch_dim, width), nn.GELU(), nn.LayerNorm(width))
        self.mix = nn.TransformerEncoderLayer(width, 4, dim_feedforward=64, batch_first=True, dropout=0.0)
        self.decode = nn.Linear(width, patch_dim)

    def forward(self, img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        patches = patchify(img)
        hidden = random_mask(patches.shape[0], patches.shape[1], self.ratio)
        seen = torch.where(hidden, self.mask_value, patches)
        restored = self.decode(self.mix(self.encode(seen)))
        return restored, patches, hidden


class Pretrainer:
    def __init__(self, model: nn.Module, lr: float) -> None:
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)

    def fit(self, images: Tensor, epochs: int, batch_size: int) -> None:
        for epoch in range(epochs):
            for chunk in images[torch.randperm(len(images))].split(batch_size):
                restored, patches, hidden = self.model(chunk)
                error = (restored - patches).pow(2) * hidden
                loss = error.sum() / hidden.sum()
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            print(f"pretrain {epoch}: {loss.item():.4f}")


Pretrainer(MaskedAutoencoder(3 * PATCH * PATCH), lr=1e-3).fit(torch.rand(24, 3, 16, 16), epochs=2, batch_size=8)
