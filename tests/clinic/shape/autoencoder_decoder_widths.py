# code: TW201
# numbers: 8 16
# about: the decoder's widths start at 16, but the code that it gets has 8 values
import argparse
from collections import OrderedDict

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def parse_args():
    parser = argparse.ArgumentParser(description="sensor autoencoder for anomaly scores")
    parser.add_argument("--widths", type=int, nargs="+", default=[40, 32, 16])
    parser.add_argument("--latent", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=1e-2)
    return parser.parse_args()


def stack(widths, last_activation=True):
    layers = OrderedDict()
    pairs = list(zip(widths[:-1], widths[1:]))
    for k, (n_in, n_out) in enumerate(pairs):
        layers[f"fc{k}"] = nn.Linear(n_in, n_out)
        if last_activation or k < len(pairs) - 1:
            layers[f"act{k}"] = nn.LeakyReLU(0.1)
    return nn.Sequential(layers)


class AutoEncoder(nn.Module):
    def __init__(self, widths, latent):
        super().__init__()
        encoder_widths = [*widths, latent]
        decoder_widths = widths[::-1]  # <- culprit
        # mended: decoder_widths = encoder_widths[::-1]
        self.encoder = stack(encoder_widths)
        self.decoder = stack(decoder_widths, last_activation=False)

    def forward(self, readings):
        code = self.encoder(readings)
        return self.decoder(code), code


def sensor_readings(n, n_sensors):
    t = torch.linspace(0, 6.28, n_sensors)
    phase = torch.rand(n, 1) * 6.28
    return torch.sin(t + phase) + 0.05 * torch.randn(n, n_sensors)


if __name__ == "__main__":
    args = parse_args()
    torch.manual_seed(11)
    signals = sensor_readings(96, args.widths[0])
    loader = DataLoader(TensorDataset(signals), batch_size=24, shuffle=True)
    model = AutoEncoder(args.widths, args.latent)
    optim = torch.optim.AdamW(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        for (batch,) in loader:
            rebuilt, code = model(batch)
            loss = nn.functional.mse_loss(rebuilt, batch) + 1e-4 * code.abs().mean()
            optim.zero_grad()
            loss.backward()
            optim.step()
        print(f"[{epoch + 1}/{args.epochs}] reconstruction {loss.item():.4f}")
    torch.save(model.state_dict(), "autoencoder.pt")
