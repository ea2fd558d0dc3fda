# about: a GAN with one gradient scaler for both optimizers, updated once a turn; the critic is clipped after unscale_
import torch
from torch import nn

torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
critic = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
opt_g = torch.optim.Adam(generator.parameters(), 1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.5, 0.999))
scaler = torch.amp.GradScaler("cpu", init_scale=16.0)
bce = nn.BCEWithLogitsLoss()
for it in range(6):
    real = torch.randn(16, 2) + 2
    fake = generator(torch.randn(16, 4))
    opt_d.zero_grad()
    loss_d = bce(critic(real), torch.ones(16, 1)) + bce(critic(fake.detach()), torch.zeros(16, 1))
    scaler.scale(loss_d).backward()
    scaler.unscale_(opt_d)
    nn.utils.clip_grad_norm_(critic.parameters(), 1.0)
    scaler.step(opt_d)
    if it % 2 == 1:
        opt_g.zero_grad()
        scaler.scale(bce(critic(fake), torch.ones(16, 1))).backward()
        scaler.step(opt_g)
    scaler.update()
