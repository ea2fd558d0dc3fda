# code: TW509
# numbers: -
# about: the batch of the loader doesn't require grad; ask for it before the model is called
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def saliency(model, images, target):
    score = model(images).gather(1, target[:, None]).sum()
    return torch.autograd.grad(score, images)[0].abs()


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        return self.out(self.conv(x).relu().mean((2, 3)))


def main():
    torch.manual_seed(0)
    data = TensorDataset(torch.rand(20, 1, 12, 12), torch.randint(0, 3, (20,)))
    model = Small().eval()
    maps = []
    for images, target in DataLoader(data, batch_size=5):
        maps.append(saliency(model, images, target))  # <- culprit
        # mended: maps.append(saliency(model, images.requires_grad_(), target))
    print(torch.cat(maps).shape)


main()
