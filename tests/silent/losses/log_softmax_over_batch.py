# code: TW711
# numbers: dim=1
# about: LogSoftmax(dim=0) before NLLLoss normalises over the samples
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class TextClassifier(nn.Module):
    def __init__(self, vocabulary, classes):
        super().__init__()
        self.embed = nn.EmbeddingBag(vocabulary, 16)
        self.hidden = nn.Linear(16, 32)
        self.out = nn.Linear(32, classes)
        self.log_softmax = nn.LogSoftmax(dim=0)  # <- culprit
        # mended: self.log_softmax = nn.LogSoftmax(dim=1)

    def forward(self, tokens):
        return self.log_softmax(self.out(torch.relu(self.hidden(self.embed(tokens)))))


tokens, labels = torch.randint(0, 100, (64, 12)), torch.randint(0, 3, (64,))
loader = DataLoader(TensorDataset(tokens, labels), batch_size=16, shuffle=True)
model = TextClassifier(100, 3)
optimizer = torch.optim.Adam(model.parameters())
loss_function = nn.NLLLoss()
for epoch in range(2):
    for batch, target in loader:
        model.zero_grad()
        loss = loss_function(model(batch), target)
        loss.backward()
        optimizer.step()
    print(epoch, float(loss))
