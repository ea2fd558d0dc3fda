# code: TW207
# numbers: 9216 576
# about: flatten() without a start dimension joins the 16 views to one vector of 9216; the projection takes 576 for each
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class TwoViews(Dataset):
    def __init__(self, n=32, size=24):
        self.images = torch.rand(n, 3, size, size)

    def augment(self, image):
        image = image * (0.7 + 0.6 * torch.rand(3, 1, 1))
        if torch.rand(()) < 0.5:
            image = image.flip(2)
        return image + 0.02 * torch.randn_like(image)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.augment(self.images[i]), self.augment(self.images[i])


class Encoder(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, stride=2, padding=1)
        self.n_features = width * 6 * 6

    def forward(self, view):
        h = F.relu(self.conv1(view))
        return F.relu(self.conv2(h))


class SimCLR(nn.Module):
    def __init__(self, encoder, dim=32):
        super().__init__()
        self.encoder = encoder
        self.projection = nn.Sequential(
            nn.Linear(encoder.n_features, 64), nn.ReLU(), nn.Linear(64, dim)
        )

    def forward(self, view):
        return F.normalize(self.projection(self.encoder(view).flatten()), dim=-1)  # <- culprit
        # mended: return F.normalize(self.projection(self.encoder(view).flatten(1)), dim=-1)


def nt_xent(za, zb, temperature=0.5):
    n = len(za)
    z = torch.cat([za, zb])
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(float("-inf"))
    partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(similarity, partner)


def main():
    torch.manual_seed(77)
    loader = DataLoader(TwoViews(), batch_size=16, shuffle=True, drop_last=True)
    model = SimCLR(Encoder())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(2):
        for a, b in loader:
            loss = nt_xent(model(a), model(b))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "contrastive loss", loss.item())


main()
