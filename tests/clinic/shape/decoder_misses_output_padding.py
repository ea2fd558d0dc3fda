# code: TW223 TW202
# numbers: 25 28
# about: without output_padding the transposed convolutions grow 7 to 13 and 25, the picture has 28
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Strokes(Dataset):
    def __init__(self, n=40):
        self.canvas = torch.zeros(n, 1, 28, 28)
        for k in range(n):
            r, c = torch.randint(4, 20, (2,)).tolist()
            self.canvas[k, 0, r : r + 2, c : c + 6] = 1.0
        self.noise = 0.3

    def __len__(self):
        return len(self.canvas)

    def __getitem__(self, k):
        clean = self.canvas[k]
        return (clean + self.noise * torch.randn_like(clean)).clamp(0, 1), clean


def down(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride=2, padding=1), nn.ReLU())


def up(i, o, activation):
    return nn.Sequential(nn.ConvTranspose2d(i, o, 3, stride=2, padding=1), activation)  # <- culprit
    # mended: return nn.Sequential(nn.ConvTranspose2d(i, o, 3, stride=2, padding=1, output_padding=1), activation)


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(down(1, 8), down(8, 16))
        self.middle = nn.Conv2d(16, 16, 3, padding=1)
        self.decode = nn.Sequential(up(16, 8, nn.ReLU()), up(8, 1, nn.Sigmoid()))

    def forward(self, noisy):
        code = self.encode(noisy)
        code = code + self.middle(code)
        return self.decode(code)


def main():
    torch.manual_seed(55)
    loader = DataLoader(Strokes(), batch_size=10, shuffle=True)
    model = Denoiser()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    for epoch in range(2):
        running = 0.0
        for noisy, clean in loader:
            restored = model(noisy)
            loss = nn.functional.mse_loss(restored, clean)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
        scheduler.step()
        print(f"epoch {epoch}  mse {running / len(loader):.5f}  lr {scheduler.get_last_lr()[0]:.5f}")


if __name__ == "__main__":
    main()
