# code: TW411
# numbers: float32
# about: linspace gives floats, and they are used to index the frames of a clip
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def key_frames(n_frames: int, wanted: int) -> torch.Tensor:
    """Which frames of a clip to look at, evenly spread."""
    return torch.linspace(0, n_frames - 1, wanted).round()  # <- culprit
    # mended: return torch.linspace(0, n_frames - 1, wanted).round().long()


class Clips(Dataset):
    ACTIONS = ["wave", "jump", "sit", "turn"]

    def __init__(self, count: int, wanted: int = 6):
        self.wanted = wanted
        generator = torch.Generator().manual_seed(count)
        lengths = torch.randint(10, 25, (count,), generator=generator).tolist()
        self.clips = [torch.rand(n, 1, 12, 12, generator=generator) for n in lengths]

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, i):
        clip = self.clips[i]
        chosen = clip[key_frames(len(clip), self.wanted)]
        return chosen, i % len(self.ACTIONS)


class FrameEncoder(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, stride=2)
        self.conv2 = nn.Conv2d(6, dim, 3, stride=2)

    def forward(self, frames):
        return torch.relu(self.conv2(torch.relu(self.conv1(frames)))).mean(dim=(-1, -2))


class ActionNet(nn.Module):
    def __init__(self, dim: int = 16, actions: int = 4):
        super().__init__()
        self.encoder = FrameEncoder(dim)
        self.gru = nn.GRU(dim, dim, batch_first=True)
        self.classifier = nn.Linear(dim, actions)

    def forward(self, clip):
        batch, time = clip.shape[:2]
        frames = self.encoder(clip.flatten(0, 1)).view(batch, time, -1)
        _, last = self.gru(frames)
        return self.classifier(last[0])


torch.manual_seed(0)
loader = DataLoader(Clips(30), batch_size=10, shuffle=True)
net = ActionNet()
optim = torch.optim.AdamW(net.parameters())
for epoch in range(2):
    for clip, action in loader:
        loss = nn.functional.cross_entropy(net(clip), action)
        optim.zero_grad()
        loss.backward()
        optim.step()
    print(f"epoch {epoch}: {loss.item():.3f}")
