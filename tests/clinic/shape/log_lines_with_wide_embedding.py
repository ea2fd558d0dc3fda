# code: TW217
# numbers: 50 4
# about: d_model is 50, which 4 heads can't divide
import argparse
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WORDS = ["GET", "POST", "/index", "/login", "/admin", "200", "404", "500", "timeout", "ok"]


def parse_args(argv=None):
    p = argparse.ArgumentParser(description="find unusual log lines")
    p.add_argument("--d-model", type=int, default=50)  # <- culprit
    # mended: p.add_argument("--d-model", type=int, default=48)
    p.add_argument("--heads", type=int, default=4)  # <- or here
    p.add_argument("--layers", type=int, default=2)
    p.add_argument("--epochs", type=int, default=2)
    p.add_argument("--lr", type=float, default=1e-3)
    return p.parse_args(argv)


def make_logs(count, length):
    rng = random.Random(40)
    lines, flags = [], []
    for _ in range(count):
        line = [rng.randrange(len(WORDS)) for _ in range(length)]
        lines.append(line)
        flags.append(float(WORDS.index("500") in line and WORDS.index("timeout") in line))
    return torch.tensor(lines), torch.tensor(flags)


class LogScorer(nn.Module):
    def __init__(self, vocab, d_model, heads, layers, length):
        super().__init__()
        self.embed = nn.Embedding(vocab, d_model)
        self.pos = nn.Parameter(torch.zeros(1, length, d_model))
        self.encoder = self._make_encoder(d_model, heads, layers)
        self.score = nn.Linear(d_model, 1)

    @staticmethod
    def _make_encoder(d_model, heads, layers):
        layer = nn.TransformerEncoderLayer(d_model, heads, dim_feedforward=2 * d_model, batch_first=True)
        return nn.TransformerEncoder(layer, num_layers=layers, norm=nn.LayerNorm(d_model))

    def forward(self, lines):
        h = self.encoder(self.embed(lines) + self.pos)
        return self.score(h.amax(dim=1)).squeeze(1)


def main():
    args = parse_args()
    torch.manual_seed(40)
    lines, flags = make_logs(48, length=12)
    loader = DataLoader(TensorDataset(lines, flags), batch_size=12, shuffle=True)
    model = LogScorer(len(WORDS), args.d_model, args.heads, args.layers, length=12)
    loss_fn = nn.BCEWithLogitsLoss()
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        for batch, flag in loader:
            opt.zero_grad()
            loss = loss_fn(model(batch), flag)
            loss.backward()
            opt.step()
        print(f"epoch {epoch}: {loss.item():.4f}")
    torch.save(model.state_dict(), "log_scorer.pt")


if __name__ == "__main__":
    main()
