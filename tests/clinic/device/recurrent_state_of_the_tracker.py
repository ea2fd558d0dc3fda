# code: TW108
# numbers: meta cpu
# about: the tracker makes its LSTM state on the CPU and keeps it there, the model works on the device
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Trajectories(Dataset):
    def __init__(self, n: int, steps: int):
        gen = torch.Generator().manual_seed(99)
        velocity = torch.randn(n, 1, 2, generator=gen)
        noise = 0.05 * torch.randn(n, steps + 1, 2, generator=gen)
        self.paths = torch.cumsum(velocity.expand(-1, steps + 1, -1), dim=1) + noise

    def __len__(self) -> int:
        return self.paths.shape[0]

    def __getitem__(self, k: int):
        return self.paths[k, :-1], self.paths[k, 1:]


class Tracker(nn.Module):
    def __init__(self, hidden: int = 20, layers: int = 1):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.lstm = nn.LSTM(2, hidden, layers, batch_first=True)
        self.readout = nn.Linear(hidden, 2)
        self.state = None

    def reset(self, batch: int) -> None:
        start = torch.zeros(self.layers, batch, self.hidden)  # <- culprit
        # mended: start = torch.zeros(self.layers, batch, self.hidden, device=self.readout.weight.device)
        self.state = (start, start.clone())

    def forward(self, observed: torch.Tensor) -> torch.Tensor:
        features, state = self.lstm(observed, self.state)
        self.state = tuple(s.detach() for s in state)
        return observed + self.readout(features)


def train_on(tracker, loader, optimizer, piece=5):
    for observed, following in loader:
        observed = observed.to(device)
        following = following.to(device)
        tracker.reset(len(observed))
        for past, future in zip(observed.split(piece, dim=1), following.split(piece, dim=1)):
            optimizer.zero_grad()
            loss = nn.functional.smooth_l1_loss(tracker(past), future)
            loss.backward()
            nn.utils.clip_grad_value_(tracker.parameters(), 0.5)
            optimizer.step()


device = torch.device("cuda" if torch.cuda.is_available() else "meta")
torch.manual_seed(1)
tracker = Tracker().to(device)
optimizer = torch.optim.RMSprop(tracker.parameters(), lr=1e-3)
loader = DataLoader(Trajectories(32, 15), batch_size=8, shuffle=True)
for epoch in range(2):
    train_on(tracker, loader, optimizer)
    print("epoch", epoch, "finished")
