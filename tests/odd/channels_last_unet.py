# about: channels_last tensors are not contiguous in the usual sense; view is used only where it is allowed
import torch
from torch import nn


def block(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class SmallUNet(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.d1, self.d2, self.mid = block(3, 8), block(8, 16), block(16, 16)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.u2, self.u1 = block(32, 8), block(16, 8)
        self.out = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(self.pool(a))
        c = self.mid(self.pool(b))
        c = nn.functional.interpolate(c, size=b.shape[2:], mode="nearest")
        b = self.u2(torch.cat([b, c], 1))
        b = nn.functional.interpolate(b, size=a.shape[2:], mode="bilinear", align_corners=False)
        return self.out(self.u1(torch.cat([a, b], 1)))


torch.manual_seed(17)
model = SmallUNet().to(memory_format=torch.channels_last)
optim = torch.optim.NAdam(model.parameters(), lr=1e-2)
# an image from a file is (H, W, C): the permute alone gives channels_last, nothing is copied
raw = torch.rand(4, 21, 27, 3)
images = raw.permute(0, 3, 1, 2)
assert images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
masks = images.argmax(1)

for _ in range(8):
    logits = model(images)
    assert logits.is_contiguous(memory_format=torch.channels_last)
    pixels = logits.permute(0, 2, 3, 1).view(-1, 3)  # of channels_last, this is a view
    loss = nn.functional.cross_entropy(pixels, masks.reshape(-1))
    optim.zero_grad()
    loss.backward()
    optim.step()
iou = [((pixels.argmax(1) == k) & (masks.flatten() == k)).sum().item() for k in range(3)]
print(loss.item(), iou)
