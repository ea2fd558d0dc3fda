# code: TW212
# numbers: 256 1024
# about: the generator's first linear layer gives 16 * 4 * 4 values, the view wants 64 * 4 * 4
import torch
import torch.nn as nn


class Generator(nn.Module):
    def __init__(self, nz=10, ngf=16, nc=1):
        super().__init__()
        self.ngf = ngf
        self.project = nn.Sequential(
            nn.Linear(nz, ngf * 4 * 4),  # <- culprit
            # mended: nn.Linear(nz, ngf * 4 * 4 * 4),
            nn.ReLU(True),
        )
        self.upsample = nn.Sequential(
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        x = self.project(z)
        x = x.view(z.size(0), self.ngf * 4, 4, 4)
        return self.upsample(x)


class Discriminator(nn.Module):
    def __init__(self, ndf=16, nc=1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(ndf * 2 * 4 * 4, 1),
        )

    def forward(self, img):
        return self.net(img).view(-1)


torch.manual_seed(0)
real_images = torch.rand(48, 1, 16, 16) * 2 - 1
netG, netD = Generator(), Discriminator()
optG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
optD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))

for it, real in enumerate(torch.utils.data.DataLoader(real_images, batch_size=12)):
    # hinge loss for the critic
    netD.zero_grad()
    d_real = torch.relu(1 - netD(real)).mean()
    fake = netG(torch.randn(real.size(0), 10))
    d_fake = torch.relu(1 + netD(fake.detach())).mean()
    (d_real + d_fake).backward()
    optD.step()

    netG.zero_grad()
    g_loss = -netD(fake).mean()
    g_loss.backward()
    optG.step()
    print("iter %d  D %.3f  G %.3f" % (it, (d_real + d_fake).item(), g_loss.item()))
