# code: TW105
# numbers: meta cpu
# about: .to(device) of a tensor returns a new one; the trainer's helper doesn't assign it
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "meta")


class SyntheticAccidents(Dataset):
    def __init__(self, n=80):
        g = torch.Generator().manual_seed(3)
        self.roads = torch.rand(n, 7, generator=g)
        self.counts = torch.poisson(self.roads.sum(1, keepdim=True), generator=g)

    def __len__(self):
        return self.roads.shape[0]

    def __getitem__(self, item):
        return self.roads[item], self.counts[item]


class RateModel(nn.Module):
    def __init__(self, d_in, d_hidden):
        super().__init__()
        self.hidden = nn.Linear(d_in, d_hidden)
        self.rate = nn.Linear(d_hidden, 1)

    def forward(self, roads):
        return self.rate(torch.tanh(self.hidden(roads)))


class PoissonTrainer:
    def __init__(self, model: nn.Module, learning_rate: float):
        self.model = model
        self.model.to(DEVICE)
        self.loss = nn.PoissonNLLLoss(log_input=True)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=learning_rate)

    def _prepare(self, batch):
        roads, counts = batch
        roads.to(DEVICE)  # <- culprit
        # mended: roads = roads.to(DEVICE)
        counts = counts.to(DEVICE)
        return roads, counts

    def _step(self, batch):
        roads, counts = self._prepare(batch)
        log_rate = self.model(roads)
        loss = self.loss(log_rate, counts)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def run(self, loader: DataLoader, epochs: int):
        for epoch in range(1, epochs + 1):
            losses = [self._step(batch) for batch in loader]
            print(f"epoch {epoch}/{epochs}, {len(losses)} batches, loss on {losses[-1].device}")


def main():
    torch.manual_seed(0)
    trainer = PoissonTrainer(RateModel(7, 10), learning_rate=0.01)
    trainer.run(DataLoader(SyntheticAccidents(), batch_size=20, shuffle=True), epochs=2)
    torch.save({"optimizer": type(trainer.optimizer).__name__}, "run.pt")


if __name__ == "__main__":
    main()
