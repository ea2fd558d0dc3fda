# about: schedules made for all steps move on with every batch, a cosine with restarts by fractions of an epoch
import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 4
torch.manual_seed(0)
x = torch.randn(96, 5)
loader = DataLoader(TensorDataset(x, x[:, :1] * 2), batch_size=24, shuffle=True)


def run(build, per_batch):
    model = nn.Linear(5, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = build(optimizer)
    for epoch in range(EPOCHS):
        for index, (inputs, targets) in enumerate(loader):
            loss = nn.functional.mse_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if per_batch == "fraction":
                scheduler.step(epoch + index / len(loader))
            elif per_batch:
                scheduler.step()
        if not per_batch:
            scheduler.step()


run(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=EPOCHS, steps_per_epoch=len(loader)), True)
run(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS * len(loader)), True)
run(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS), False)
run(lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2), "fraction")

steps = 20  # no epochs: one batch a turn
model = nn.Linear(5, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
for step in range(steps):
    rows = torch.randint(0, 96, (16,))
    loss = (model(x[rows]) - 2 * x[rows, :1]).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
