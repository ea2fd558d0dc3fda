# code: TW212
# numbers: 14 16
# about: the head's convolution counts 4 + 3 values per anchor, the loss reads 5 + 3
import torch
from torch import nn


def conv_bn(cin, cout, stride):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.LeakyReLU(0.1))


class TinyDetector(nn.Module):
    def __init__(self, num_classes, anchors):
        super().__init__()
        self.num_classes = num_classes
        self.register_buffer("anchors", torch.tensor(anchors))
        self.backbone = nn.Sequential(conv_bn(3, 8, 2), conv_bn(8, 16, 2), conv_bn(16, 24, 2))
        self.head = nn.Conv2d(24, len(anchors) * (4 + num_classes), kernel_size=1)  # <- culprit
        # mended: self.head = nn.Conv2d(24, len(anchors) * (5 + num_classes), kernel_size=1)

    def forward(self, images):
        raw = self.head(self.backbone(images))
        n, _, gh, gw = raw.shape
        raw = raw.view(n, len(self.anchors), 5 + self.num_classes, gh, gw)
        return raw.permute(0, 1, 3, 4, 2)

    def decode(self, raw):
        xy = raw[..., :2].sigmoid()
        wh = raw[..., 2:4].clamp(max=4).exp() * self.anchors[None, :, None, None, :]
        return torch.cat([xy, wh], dim=-1)


def detection_loss(model, raw, boxes, cells, classes):
    picked = raw[torch.arange(len(raw)), 0, cells[:, 1], cells[:, 0]]
    box_loss = (model.decode(raw)[torch.arange(len(raw)), 0, cells[:, 1], cells[:, 0]] - boxes).abs().mean()
    wanted = torch.zeros_like(raw[..., 4])
    wanted[torch.arange(len(raw)), 0, cells[:, 1], cells[:, 0]] = 1.0
    obj_loss = nn.functional.binary_cross_entropy_with_logits(raw[..., 4], wanted)
    cls_loss = nn.functional.cross_entropy(picked[:, 5:], classes)
    return box_loss + obj_loss + cls_loss


def synthetic_batch(n, grid, num_classes):
    images = torch.rand(n, 3, grid * 8, grid * 8)
    boxes = torch.rand(n, 4)
    cells = torch.randint(0, grid, (n, 2))
    return images, boxes, cells, torch.randint(0, num_classes, (n,))


torch.manual_seed(31)
net = TinyDetector(num_classes=3, anchors=[[0.5, 0.5], [1.0, 2.0]])
sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=4)
for iteration in range(4):
    images, boxes, cells, classes = synthetic_batch(6, 5, 3)
    loss = detection_loss(net, net(images), boxes, cells, classes)
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    schedule.step()
    print(f"{iteration:03d} loss={loss.item():.3f} lr={schedule.get_last_lr()[0]:.5f}")
