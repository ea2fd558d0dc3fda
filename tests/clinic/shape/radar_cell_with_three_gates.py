# code: TW225
# numbers: 4 3
# about: the cell's convolution gives 3 * hidden channels, so the split gives 3 parts where 4 gates are unpacked
import torch
from torch import nn


class ConvLSTMCell(nn.Module):
    def __init__(self, in_ch: int, hidden: int, kernel: int = 3):
        super().__init__()
        self.hidden = hidden
        self.conv = nn.Conv2d(in_ch + hidden, 3 * hidden, kernel, padding=kernel // 2)  # <- culprit
        # mended: self.conv = nn.Conv2d(in_ch + hidden, 4 * hidden, kernel, padding=kernel // 2)

    def forward(self, x, state):
        h, c = state
        gates = self.conv(torch.cat([x, h], dim=1))
        i, f, o, g = torch.split(gates, self.hidden, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h, c

    def start(self, like):
        zeros = like.new_zeros(like.size(0), self.hidden, *like.shape[-2:])
        return zeros, zeros


class RainNowcast(nn.Module):
    def __init__(self, hidden: int = 6):
        super().__init__()
        self.cell = ConvLSTMCell(1, hidden)
        self.to_rain = nn.Sequential(nn.Conv2d(hidden, 1, 1), nn.Softplus())

    def forward(self, frames, steps):
        state = self.cell.start(frames[:, 0])
        for frame in frames.unbind(dim=1):
            state = self.cell(frame, state)
        predicted = []
        for _ in range(steps):
            rain = self.to_rain(state[0])
            predicted.append(rain)
            state = self.cell(rain, state)
        return torch.stack(predicted, dim=1)


def drifting_clouds(count, length, size):
    clouds = torch.rand(count, 1, size, size)
    return torch.stack([clouds.roll(shifts=(t, t), dims=(2, 3)) for t in range(length)], dim=1)


def main():
    torch.manual_seed(55)
    model = RainNowcast()
    opt = torch.optim.Adam(model.parameters(), lr=5e-3)
    sequences = drifting_clouds(count=12, length=7, size=10)
    for epoch in range(2):
        for batch in sequences.split(4):
            past, future = batch[:, :4], batch[:, 4:]
            loss = nn.functional.l1_loss(model(past, steps=future.size(1)), future)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print("epoch", epoch, "mae", round(loss.item(), 4))


if __name__ == "__main__":
    main()
