# about: the loss is divided in the function that computes it; in the second phase the rate is made smaller instead
import torch
from torch import nn

ACCUM = 2


def micro_loss(net, x, y):
    return nn.functional.mse_loss(net(x), y) / ACCUM


def first_phase(net, batches):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for i, (x, y) in enumerate(batches):
        micro_loss(net, x, y).backward()
        if (i + 1) % ACCUM == 0:
            optimizer.step()
            optimizer.zero_grad()


def second_phase(net, batches, k=4):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05 / k)  # summed gradients
    for i, (x, y) in enumerate(batches, 1):
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        if not i % k:
            optimizer.step()
            optimizer.zero_grad()


torch.manual_seed(0)
data = [(torch.randn(8, 3), torch.randn(8, 1)) for _ in range(8)]
network = nn.Linear(3, 1)
first_phase(network, data)
second_phase(network, data)
