# about: hooks replace outputs, change gradients, cast the bytes of the input and keep features outside of forward
from collections import defaultdict
from contextlib import contextmanager

import torch
from torch import nn

torch.manual_seed(19)
net = nn.Sequential()
net.add_module("conv1", nn.Conv2d(1, 6, 3, padding=1))
net.add_module("relu1", nn.ReLU())
net.add_module("conv2", nn.Conv2d(6, 10, 3, stride=2))
net.add_module("relu2", nn.ReLU())
net.add_module("gap", nn.AdaptiveAvgPool2d(1))
net.add_module("flat", nn.Flatten())
net.add_module("fc", nn.Linear(10, 4))


def cast(module, args):
    (x,) = args
    return (x.float().div(255).unsqueeze(1) if x.dtype == torch.uint8 else x,)


net.register_forward_pre_hook(cast)


@contextmanager
def captured(model, *names):
    store, handles = {}, []
    for name in names:
        module = model.get_submodule(name)
        handles.append(module.register_forward_hook(lambda m, i, o, name=name: store.__setitem__(name, o)))
    try:
        yield store
    finally:
        for handle in handles:
            handle.remove()


def noisy(module, inputs, output):
    return output + 0.01 * torch.randn_like(output) if module.training else None


net.conv2.register_forward_hook(noisy)
norms = defaultdict(list)
for name, p in net.named_parameters():
    p.register_hook(lambda g, name=name: norms[name].append(g.norm().item()) or g.clamp(-0.1, 0.1))

images = torch.randint(0, 256, (8, 14, 14), dtype=torch.uint8)  # no channel dimension, bytes: the pre-hook mends it
labels = torch.randint(0, 4, (8,))
opt = torch.optim.SGD(net.parameters(), 0.1)
for _ in range(5):
    opt.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()
    opt.step()

with captured(net, "relu2", "flat") as acts:  # Grad-CAM
    score = net(images)[range(8), labels].sum()
    (grads,) = torch.autograd.grad(score, acts["relu2"])
cam = (grads.mean((2, 3), keepdim=True) * acts["relu2"]).sum(1).relu().detach().numpy()
print(cam.shape, len(norms), max(norms["fc.weight"]))
