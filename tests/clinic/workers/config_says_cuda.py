# code: TW901
# numbers: cuda
# about: the config asks for cuda whatever the machine has
import torch
import torch.nn as nn

CONFIG = {
    "device": "cuda",  # <- culprit
    # mended: "device": "cuda" if torch.cuda.is_available() else "cpu",
    "noise_dim": 8,
    "series": 24,
    "critic_steps": 2,
    "lr": 5e-4,
}


class SeriesGenerator(nn.Module):
    def __init__(self, noise_dim, length):
        super().__init__()
        self.fc = nn.Linear(noise_dim, 4 * length // 2)
        self.up = nn.ConvTranspose1d(4, 1, 2, stride=2)

    def forward(self, z):
        h = torch.relu(self.fc(z)).view(len(z), 4, -1)
        return self.up(h).squeeze(1)


class Critic(nn.Module):
    def __init__(self, length):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(length, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))

    def forward(self, series):
        return self.net(series).mean()


def to_device(*modules):
    moved = []
    for module in modules:
        if CONFIG["device"].startswith("cuda"):
            module = module.cuda()
        moved.append(module)
    return moved


def real_series(n, length):
    t = torch.arange(length).float()
    return torch.sin(0.5 * t + 6.28 * torch.rand(n, 1)) + 0.05 * torch.randn(n, length)


def main():
    torch.manual_seed(0)
    device = torch.device(CONFIG["device"])
    length = CONFIG["series"]
    generator, critic = to_device(SeriesGenerator(CONFIG["noise_dim"], length), Critic(length))
    g_opt = torch.optim.RMSprop(generator.parameters(), lr=CONFIG["lr"])
    c_opt = torch.optim.RMSprop(critic.parameters(), lr=CONFIG["lr"])
    for it in range(6):
        for _ in range(CONFIG["critic_steps"]):
            real = real_series(16, length).to(device)
            fake = generator(torch.randn(16, CONFIG["noise_dim"], device=device)).detach()
            c_loss = critic(fake) - critic(real)
            c_opt.zero_grad()
            c_loss.backward()
            c_opt.step()
            for p in critic.parameters():
                p.data.clamp_(-0.05, 0.05)
        g_loss = -critic(generator(torch.randn(16, CONFIG["noise_dim"], device=device)))
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        print(f"{it}: critic {c_loss.item():.4f} generator {g_loss.item():.4f}")


if __name__ == "__main__":
    main()
