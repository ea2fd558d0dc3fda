# code: TW402
# numbers: int64 float32
# about: one_hot gives integers, and the policy's linear layer gets them unchanged
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(21)
BOARD, PIECES, MOVES = 9, 3, 9


def random_positions(n):
    boards = torch.randint(0, PIECES, (n, BOARD))
    legal = boards.eq(0).float() + 1e-6
    moves = torch.multinomial(legal, 1).squeeze(1)
    outcome = torch.empty(n).uniform_(-1, 1)
    return boards, moves, outcome


def encode(boards):
    planes = F.one_hot(boards, num_classes=PIECES)  # <- culprit
    # mended: planes = F.one_hot(boards, num_classes=PIECES).float()
    return planes.flatten(start_dim=1)  # <- or here


class ResidualLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)

    def forward(self, x):
        return F.relu(x + self.fc2(F.relu(self.fc1(x))))


class PolicyValueNet(nn.Module):
    def __init__(self, width=32, depth=2):
        super().__init__()
        self.embed = nn.Linear(BOARD * PIECES, width)
        self.tower = nn.Sequential(*[ResidualLayer(width) for _ in range(depth)])
        self.policy = nn.Linear(width, MOVES)
        self.value = nn.Linear(width, 1)

    def forward(self, state):
        z = self.tower(F.relu(self.embed(state)))
        return self.policy(z), torch.tanh(self.value(z)).squeeze(1)


net = PolicyValueNet()
adam = optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
boards, moves, outcome = random_positions(128)
for epoch in range(3):
    order = torch.randperm(len(boards))
    for chunk in order.split(32):
        logits, value = net(encode(boards[chunk]))
        loss = F.cross_entropy(logits, moves[chunk]) + F.mse_loss(value, outcome[chunk])
        adam.zero_grad()
        loss.backward()
        adam.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))
