# code: TW227
# numbers: 32 8
# about: the class token has one dimension (32), so expand(8, -1, -1) has a -1 where there is none; make it (1, 1, 32)
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class PatchEmbed(nn.Module):
    def __init__(self, channels: int, patch: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, kernel_size=patch, stride=patch)

    def forward(self, img: Tensor) -> Tensor:
        return self.proj(img).flatten(2).transpose(1, 2)


class TinyViT(nn.Module):
    def __init__(self, size: int = 16, patch: int = 4, dim: int = 32, depth: int = 2, classes: int = 4) -> None:
        super().__init__()
        tokens = (size // patch) ** 2
        self.patches = PatchEmbed(3, patch, dim)
        self.cls_token = nn.Parameter(torch.zeros(dim))  # <- culprit
        # mended: self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, tokens + 1, dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, 4, 2 * dim, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, img: Tensor) -> Tensor:
        x = self.patches(img)
        cls = self.cls_token.expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], dim=1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))


def warmup(step: int, steps: int = 4) -> float:
    return min(1.0, (step + 1) / steps)


def main() -> None:
    torch.manual_seed(16)
    tiles = TensorDataset(torch.rand(32, 3, 16, 16), torch.randint(0, 4, (32,)))
    vit = TinyViT()
    optimizer = torch.optim.AdamW(vit.parameters(), lr=1e-3, weight_decay=0.05)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup)
    for epoch in range(2):
        for img, kind in DataLoader(tiles, batch_size=8, shuffle=True):
            loss = nn.functional.cross_entropy(vit(img), kind)
            loss.backward()
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        print(f"epoch {epoch} loss {loss.item():.4f}")
    torch.save({"model": vit.state_dict(), "epoch": epoch}, "vit.pt")


if __name__ == "__main__":
    main()
