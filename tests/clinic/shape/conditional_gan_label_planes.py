# code: TW203
# numbers: 5 1
# about: the discriminator gets the image together with 4 label planes (5 channels), its first convolution takes 1
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

N_CLASSES = 4
IMG_CH = 1
NOISE = 16
bce = nn.BCEWithLogitsLoss()


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.label_emb = nn.Embedding(N_CLASSES, 8)
        self.start = nn.Linear(NOISE + 8, 32 * 4 * 4)
        self.up = nn.Sequential(
            nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(True),
            nn.ConvTranspose2d(16, IMG_CH, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z, y):
        z = torch.cat([z, self.label_emb(y)], dim=1)
        return self.up(self.start(z).view(-1, 32, 4, 4))


class Discriminator(nn.Module):
    def __init__(self, channels=IMG_CH):  # <- or here
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(channels, 16, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 32, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, 1),
        )

    def forward(self, img, y):
        planes = nn.functional.one_hot(y, N_CLASSES).float()[:, :, None, None].expand(-1, -1, *img.shape[2:])
        return self.main(torch.cat([img, planes], dim=1))


torch.manual_seed(42)
real_images = torch.rand(40, IMG_CH, 16, 16) * 2 - 1
real_labels = torch.randint(0, N_CLASSES, (40,))
data = DataLoader(TensorDataset(real_images, real_labels), batch_size=10, shuffle=True)

netG = Generator()
netD = Discriminator()  # <- culprit
# mended: netD = Discriminator(IMG_CH + N_CLASSES)
optG = optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
optD = optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))

for epoch in range(2):
    for real, y in data:
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        fake = netG(torch.randn(len(real), NOISE), y)

        optD.zero_grad()
        d_loss = bce(netD(real, y), ones) + bce(netD(fake.detach(), y), zeros)
        d_loss.backward()
        optD.step()

        optG.zero_grad()
        g_loss = bce(netD(fake, y), ones)
        g_loss.backward()
        optG.step()
    print(f"epoch {epoch}  D {d_loss.item():.3f}  G {g_loss.item():.3f}")
