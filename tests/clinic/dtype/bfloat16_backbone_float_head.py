# code: TW406
# numbers: bfloat16 float32
# about: the frozen backbone gives bfloat16 features, the new head is float32 and nothing converts between them
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class PatchBackbone(nn.Module):
    def __init__(self, patch=4, dim=32, depth=2):
        super().__init__()
        self.patchify = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)
        self.mixers = nn.ModuleList()
        for _ in range(depth):
            mlp = [nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim)]
            self.mixers.append(nn.Sequential(nn.LayerNorm(dim), *mlp))
        self.out_dim = dim

    def forward(self, img):
        tokens = self.patchify(img).flatten(2).transpose(1, 2)
        for mixer in self.mixers:
            tokens = tokens + mixer(tokens)
        return tokens.mean(dim=1)


def load_pretrained(precision="bfloat16"):
    """Stands for a download: a frozen backbone in the wanted precision."""
    backbone = PatchBackbone()
    backbone.to(getattr(torch, precision))
    for p in backbone.parameters():
        p.requires_grad_(False)
    return backbone.eval()


class LinearProbe(nn.Module):
    def __init__(self, backbone, num_classes):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Sequential(nn.Linear(backbone.out_dim, 24), nn.ReLU(), nn.Linear(24, num_classes))

    def features(self, img):
        weight = self.backbone.patchify.weight
        with torch.no_grad():
            return self.backbone(img.to(weight.dtype))  # <- culprit
            # mended: return self.backbone(img.to(weight.dtype)).float()

    def forward(self, img):
        return self.head(self.features(img))  # <- or here


def main():
    torch.manual_seed(10)
    images, labels = torch.rand(60, 3, 16, 16), torch.randint(0, 6, (60,))
    loader = DataLoader(TensorDataset(images, labels), batch_size=20, shuffle=True)
    probe = LinearProbe(load_pretrained(), num_classes=6)
    optimizer = torch.optim.Adam(probe.head.parameters(), lr=1e-2)
    for epoch in range(3):
        for img, label in loader:
            loss = nn.functional.cross_entropy(probe(img), label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
