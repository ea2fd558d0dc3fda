# code: TW628
# numbers: 120 90
# about: the weights are appended for all labels, the loader has a part
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset, WeightedRandomSampler


class Pipeline:
    def __init__(self, n=120):
        self.labels = [int(i % 7 == 0) for i in range(n)]
        self.data = TensorDataset(torch.randn(n, 4), torch.tensor(self.labels))
        self.train_part = Subset(self.data, list(range(30, n)))

    def weights(self):
        rare = sum(self.labels) / len(self.labels)
        out = []
        for label in self.labels:  # <- culprit
            # mended: for label in [self.labels[i] for i in self.train_part.indices]:
            out.append(1 / rare if label else 1 / (1 - rare))
        return out

    def loader(self, batch_size=15):
        w = self.weights()
        sampler = WeightedRandomSampler(w, num_samples=len(w))
        return DataLoader(self.train_part, batch_size=batch_size, sampler=sampler)


pipe = Pipeline()
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
for x, y in pipe.loader():
    nn.functional.binary_cross_entropy_with_logits(net(x).squeeze(1), y.float()).backward()
