# code: TW729
# numbers: -
# about: an engine class moves its cosine schedule of epochs on with every batch
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
dl = DataLoader(TensorDataset(torch.randn(80, 3), torch.randn(80, 1)), batch_size=10, shuffle=True)
class Engine:
    def __init__(self, net, epochs):
        self.net, self.epochs = net, epochs
        self.opt = torch.optim.SGD(net.parameters(), lr=0.01)
        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, T_max=self.epochs)
    def step(self, x, y):
        loss = nn.functional.mse_loss(self.net(x), y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        self.sched.step()  # <- culprit
        # mended: return loss
        return loss
    def fit(self, dl):
        for epoch in range(self.epochs):
            for x, y in dl:
                self.step(x, y)
Engine(nn.Linear(3, 1), 30).fit(dl)
