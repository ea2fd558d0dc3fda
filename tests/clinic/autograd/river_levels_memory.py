# code: TW502
# numbers: -
# about: the forecaster keeps its memory from window to window with the graph; it must be detached where it is stored
import torch
from torch import nn

torch.manual_seed(0)


class Forecaster:
    def __init__(self, hidden=12):
        self.rnn = nn.RNN(2, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)
        parameters = [*self.rnn.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.SGD(parameters, lr=0.01)
        self.memory = None

    def learn(self, window, level):
        features, memory = self.rnn(window, self.memory)
        self.memory = memory  # <- culprit
        # mended: self.memory = memory.detach()
        loss = nn.functional.mse_loss(self.head(features[:, -1]), level)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def forget(self):
        self.memory = None


forecaster = Forecaster()
for _ in range(2):
    forecaster.forget()
    for window in torch.randn(4, 3, 10, 2):
        print(forecaster.learn(window, torch.randn(3, 1)))
