# code: TW205
# numbers: 24 16
# about: the mixer's second norm is built for the 16 patches, but it normalises the 24 features
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.up = nn.Linear(dim, hidden)
        self.down = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.down(nn.functional.gelu(self.up(x)))


class MixerLayer(nn.Module):
    def __init__(self, n_patches: int, dim: int):
        super().__init__()
        self.norm_tokens = nn.LayerNorm(dim)
        self.mix_tokens = Mlp(n_patches, 2 * n_patches)
        self.norm_channels = nn.LayerNorm(n_patches)  # <- culprit
        # mended: self.norm_channels = nn.LayerNorm(dim)
        self.mix_channels = Mlp(dim, 2 * dim)

    def forward(self, tokens):
        tokens = tokens + self.mix_tokens(self.norm_tokens(tokens).transpose(1, 2)).transpose(1, 2)
        tokens = tokens + self.mix_channels(self.norm_channels(tokens))
        return tokens


class PatchEmbed(nn.Module):
    def __init__(self, patch: int, channels: int, dim: int):
        super().__init__()
        self.patch = patch
        self.proj = nn.Linear(channels * patch * patch, dim)

    def forward(self, img):
        b, c, _, _ = img.shape
        p = self.patch
        cells = img.unfold(2, p, p).unfold(3, p, p)
        cells = cells.permute(0, 2, 3, 1, 4, 5).reshape(b, -1, c * p * p)
        return self.proj(cells)


class Mixer(nn.Module):
    def __init__(self, image=16, patch=4, channels=3, dim=24, depth=2, classes=6):
        super().__init__()
        n_patches = (image // patch) ** 2
        self.embed = PatchEmbed(patch, channels, dim)
        self.layers = nn.Sequential(*[MixerLayer(n_patches, dim) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.cls = nn.Linear(dim, classes)

    def forward(self, img):
        tokens = self.layers(self.embed(img))
        return self.cls(self.norm(tokens).mean(dim=1))


torch.manual_seed(8)
pixels, kinds = torch.randn(60, 3, 16, 16), torch.randint(6, (60,))
batches = DataLoader(TensorDataset(pixels, kinds), 15, shuffle=True)
mixer = Mixer()
print(sum(p.numel() for p in mixer.parameters()), "parameters")
adam = torch.optim.AdamW(mixer.parameters(), lr=1e-3, weight_decay=0.05)
ce = nn.CrossEntropyLoss()
for img, kind in batches:
    adam.zero_grad()
    loss = ce(mixer(img), kind)
    loss.backward()
    adam.step()
    print(f"{loss.item():.3f}")
