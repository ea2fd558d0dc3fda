# code: TW304 TW202
# numbers: 400000
# about: predictions (400000, 1) minus targets (400000) give a 400000 x 400000 tensor: the last dimension isn't squeezed
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def taxi_trips(n):
    trips = torch.rand(n, 4)
    fare = 3 + 12 * (trips[:, 0] - trips[:, 1]).abs() + 2 * trips[:, 2] + 0.1 * torch.randn(n)
    return trips, fare


class FareNet(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.fc1 = nn.Linear(4, hidden)
        self.fc2 = nn.Linear(hidden, 1)

    def forward(self, trips):
        return self.fc2(torch.relu(self.fc1(trips)))


def train(model, trips, fare, max_batches=30):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loader = DataLoader(TensorDataset(trips, fare.unsqueeze(1)), batch_size=128, shuffle=True)
    for number, (x, y) in enumerate(loader):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if number == max_batches:
            break
    return loss.item()


def predict(model, trips, chunk=50_000):
    model.eval()
    with torch.inference_mode():
        parts = [model(part) for part in trips.split(chunk)]
    return torch.cat(parts)  # <- culprit
    # mended: return torch.cat(parts).squeeze(1)


def report(prediction, truth):
    error = prediction - truth  # <- or here
    mae = error.abs().mean()
    r2 = 1 - error.square().sum() / (truth - truth.mean()).square().sum()
    return {"mae": round(mae.item(), 3), "r2": round(r2.item(), 3)}


def main():
    trips, fare = taxi_trips(5000)
    model = FareNet()
    print("train loss", train(model, trips, fare))
    trips, fare = taxi_trips(400_000)
    print(report(predict(model, trips), fare))


main()
