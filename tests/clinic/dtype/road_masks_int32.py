# code: TW403
# numbers: int32 int64
# about: the segmentation masks come from NumPy as int32, the cross entropy wants int64
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

PALETTE = {(0, 0, 0): 0, (128, 64, 128): 1, (0, 142, 0): 2}


def colour_to_index(colours: np.ndarray) -> np.ndarray:
    mask = np.zeros(colours.shape[:2], dtype=np.int32)  # <- culprit
    # mended: mask = np.zeros(colours.shape[:2], dtype=np.int64)
    for colour, index in PALETTE.items():
        mask[(colours == np.array(colour)).all(axis=-1)] = index
    return mask


class RoadScenes(Dataset):
    def __init__(self, n: int, side: int = 16):
        self.rng = np.random.default_rng(n)
        colours = np.array(list(PALETTE), dtype=np.uint8)
        self.maps = colours[self.rng.integers(0, len(colours), size=(n, side, side))]

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, i: int):
        frame = self.maps[i].astype(np.float32) / 255 + self.rng.normal(0, 0.1, self.maps[i].shape)
        mask = colour_to_index(self.maps[i])
        return torch.from_numpy(frame).permute(2, 0, 1).float(), torch.from_numpy(mask)  # <- or here


class TinySegmenter(nn.Module):
    def __init__(self, classes: int):
        super().__init__()
        self.down = nn.Conv2d(3, 12, 3, stride=2, padding=1)
        self.mid = nn.Conv2d(12, 12, 3, padding=1)
        self.up = nn.ConvTranspose2d(12, 12, 2, stride=2)
        self.out = nn.Conv2d(15, classes, 1)

    def forward(self, frame):
        h = F.elu(self.mid(F.elu(self.down(frame))))
        return self.out(torch.cat([self.up(h), frame], dim=1))


def iou(pred, mask, classes):
    scores = []
    for c in range(classes):
        union = ((pred == c) | (mask == c)).sum().item()
        scores.append(((pred == c) & (mask == c)).sum().item() / max(union, 1))
    return sum(scores) / classes


def main():
    torch.manual_seed(0)
    model = TinySegmenter(len(PALETTE))
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for epoch in range(2):
        for frames, masks in DataLoader(RoadScenes(24), batch_size=6):
            logits = model(frames)
            loss = F.cross_entropy(logits, masks)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item(), iou(logits.argmax(1), masks, len(PALETTE)))


main()
