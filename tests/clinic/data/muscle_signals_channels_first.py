# code: TW620
# numbers: 210 163
# about: the EMG recordings are stored channels first, pad_sequence pads dimension 0 and wants (time, channels); turn them where the sample is returned
"""Silent speech from muscle signals: 8 electrodes, recordings of different length."""
import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

ELECTRODES = 8
COMMANDS = ("left", "right", "stop", "go")


class Recordings(Dataset):
    def __init__(self, durations=(210, 163, 188, 240, 175, 199)):
        rng = np.random.default_rng(1)
        self.signals = [rng.normal(size=(ELECTRODES, n)).astype("float32") for n in durations]
        self.commands = [k % len(COMMANDS) for k in range(len(durations))]

    def __len__(self):
        return len(self.signals)

    def __getitem__(self, k):
        signal = torch.from_numpy(self.signals[k])
        spread = signal.std(dim=1, keepdim=True)
        return {
            "emg": signal / spread,  # <- culprit
            # mended: "emg": (signal / spread).t(),
            "command": self.commands[k],
        }


def together(samples):
    waves = [sample["emg"] for sample in samples]
    return pad_sequence(waves, batch_first=True), torch.tensor([sample["command"] for sample in samples])


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(ELECTRODES, 24, batch_first=True)
        self.out = nn.Linear(24, len(COMMANDS))

    def forward(self, waves):
        states, _ = self.rnn(waves)
        return self.out(states.mean(dim=1))


model = Decoder()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for waves, commands in DataLoader(Recordings(), batch_size=3, collate_fn=together):
    loss = nn.functional.cross_entropy(model(waves), commands)
    opt.zero_grad()
    loss.backward()
    opt.step()
