# code: TW215
# numbers: 2 1
# about: the encoder has two layers, the decoder one: its start state has two
import torch
from torch import nn

WORDS, D, H = 80, 16, 24


class Encoder(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.embed = nn.Embedding(WORDS, D)
        self.rnn = nn.GRU(D, H, num_layers=layers, batch_first=True)

    def forward(self, x):
        _, state = self.rnn(self.embed(x))
        return state


class Decoder(nn.Module):
    def __init__(self, layers=1):
        super().__init__()
        self.embed = nn.Embedding(WORDS, D)
        self.rnn = nn.GRU(D, H, num_layers=layers, batch_first=True)
        self.out = nn.Linear(H, WORDS)

    def forward(self, y, state):
        h, _ = self.rnn(self.embed(y), state)
        return self.out(h)


class Translator(nn.Module):
    def __init__(self, layers=2):
        super().__init__()
        self.encoder = Encoder(layers)
        self.decoder = Decoder()  # <- culprit
        # mended: self.decoder = Decoder(layers)

    def forward(self, x, y):
        return self.decoder(y, self.encoder(x))


net = Translator()
opt = torch.optim.Adam(net.parameters())
for step in range(3):
    x, y = torch.randint(WORDS, (6, 9)), torch.randint(WORDS, (6, 7))
    loss = nn.functional.cross_entropy(net(x, y[:, :-1]).flatten(0, 1), y[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, loss.item())
