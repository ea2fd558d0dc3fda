# code: TW808
# numbers: epoch_3.pt
# about: the epochs are saved as 0 to 2, the evaluation asks for epoch 3
import os
from typing import Dict

import torch
import torch.nn.functional as F
from torch import nn


class GraphConv(nn.Module):
    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.lin = nn.Linear(n_in, n_out)

    def forward(self, x: torch.Tensor, adj: torch.Tensor) -> torch.Tensor:
        return self.lin(adj @ x)


class GCN(nn.Module):
    def __init__(self, n_in: int, n_hidden: int, n_out: int):
        super().__init__()
        self.conv1 = GraphConv(n_in, n_hidden)
        self.conv2 = GraphConv(n_hidden, n_out)

    def forward(self, x: torch.Tensor, adj: torch.Tensor) -> torch.Tensor:
        return self.conv2(F.dropout(F.relu(self.conv1(x, adj)), 0.2, self.training), adj)


def communities(n: int = 30) -> Dict[str, torch.Tensor]:
    labels = torch.arange(n) % 2
    same = labels[:, None] == labels[None, :]
    links = (torch.rand(n, n) < torch.where(same, 0.4, 0.05)).float()
    links = ((links + links.T + torch.eye(n)) > 0).float()
    degree = links.sum(1).rsqrt()
    return {"x": torch.eye(n), "adj": degree[:, None] * links * degree[None, :], "labels": labels}


def checkpoint_path(folder: str, epoch: int) -> str:
    return os.path.join(folder, f"epoch_{epoch}.pt")


def train(graph, known, epochs: int, folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    model = GCN(graph["x"].shape[1], 16, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=5e-4)
    for epoch in range(epochs):
        model.train()
        logits = model(graph["x"], graph["adj"])
        loss = F.cross_entropy(logits[known], graph["labels"][known])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        torch.save(model.state_dict(), checkpoint_path(folder, epoch))  # <- or here


def evaluate(graph, known, epoch: int, folder: str) -> float:
    model = GCN(graph["x"].shape[1], 16, 2)
    model.load_state_dict(torch.load(checkpoint_path(folder, epoch)))
    model.eval()
    with torch.no_grad():
        predicted = model(graph["x"], graph["adj"]).argmax(1)
    return (predicted == graph["labels"])[~known].float().mean().item()


def main(epochs: int = 3, folder: str = "gcn") -> None:
    torch.manual_seed(0)
    graph = communities()
    known = torch.arange(30) < 8
    train(graph, known, epochs, folder)
    print("accuracy", evaluate(graph, known, epochs, folder))  # <- culprit
    # mended: print("accuracy", evaluate(graph, known, epochs - 1, folder))


if __name__ == "__main__":
    main()
