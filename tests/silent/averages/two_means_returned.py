# code: TW754
# numbers: -
# about: loss and accuracy are both averaged over batches of 16 and one of 1
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
tr = DataLoader(TensorDataset(torch.randn(80, 3), torch.randint(0, 2, (80,))), batch_size=10, shuffle=True)
va = DataLoader(TensorDataset(torch.randn(33, 3), torch.randint(0, 2, (33,))), batch_size=16)
@torch.no_grad()
def evaluate(model, loader, criterion):
    model.eval()
    loss_sum, acc_sum = 0.0, 0.0
    for x, y in loader:
        logits = model(x)
        loss_sum += criterion(logits, y).item()
        acc_sum += (logits.argmax(-1) == y).float().mean().item()
    return loss_sum / len(loader), acc_sum / len(loader)  # <- culprit
    # mended: return 0.0, 0.0
net = nn.Linear(3, 2); opt = torch.optim.Adam(net.parameters()); crit = nn.CrossEntropyLoss()
for epoch in range(2):
    net.train()
    for x, y in tr:
        opt.zero_grad(); crit(net(x), y).backward(); opt.step()
    print(evaluate(net, va, crit))
