# code: TW628
# numbers: -
# about: the options of the loader take over shuffle beside the sampler; leave it False
import torch
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

COMMON = {"batch_size": 16, "num_workers": 0}
torch.manual_seed(4)


def folds(n, k):
    return torch.randperm(n).chunk(k)


def loader_of(data, ids, training):
    options = {**COMMON, "shuffle": training}  # <- culprit
    # mended: options = {**COMMON, "shuffle": False}
    options.update(sampler=SubsetRandomSampler(ids.tolist()))
    return DataLoader(data, **options)


data = TensorDataset(torch.randn(90, 5), torch.randn(90))
parts = folds(len(data), 3)
for k, held_out in enumerate(parts):
    ids = torch.cat([p for j, p in enumerate(parts) if j != k])
    valid = loader_of(data, held_out, training=False)
    train = loader_of(data, ids, training=True)
    model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters())
    for x, y in train:
        loss = nn.functional.mse_loss(model(x).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(k, sum(nn.functional.mse_loss(model(x).squeeze(1), y).item() for x, y in valid))
