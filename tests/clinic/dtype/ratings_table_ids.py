# code: TW405
# numbers: float32 int64
# about: user and film ids are sliced from one float table of ratings and go into the embeddings as floats
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def load_ratings(users, films, n):
    """Rows of (user, film, stars) as they come out of the ratings file."""
    g = torch.Generator().manual_seed(77)
    u = torch.randint(0, users, (n,), generator=g)
    f = torch.randint(0, films, (n,), generator=g)
    stars = torch.rand(n, generator=g) * 4 + 1
    return torch.stack([u.float(), f.float(), stars], dim=1)


def to_dataset(table):
    pairs, stars = table[:, :2], table[:, 2]  # <- culprit
    # mended: pairs, stars = table[:, :2].long(), table[:, 2]
    return TensorDataset(pairs, (stars - stars.mean()) / stars.std())


class MatrixFactorization(nn.Module):
    def __init__(self, users, films, rank=8):
        super().__init__()
        self.user_factors = nn.Embedding(users, rank)
        self.film_factors = nn.Embedding(films, rank)
        self.user_bias = nn.Embedding(users, 1)
        self.film_bias = nn.Embedding(films, 1)
        for table in (self.user_factors, self.film_factors):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, pairs):
        user, film = pairs.unbind(dim=1)
        dot = (self.user_factors(user) * self.film_factors(film)).sum(dim=1, keepdim=True)
        return (dot + self.user_bias(user) + self.film_bias(film)).squeeze(1)


def rmse(model, loader):
    model.eval()
    with torch.no_grad():
        squares = torch.cat([(model(pairs) - stars) ** 2 for pairs, stars in loader])
    model.train()
    return squares.mean().sqrt().item()


if __name__ == "__main__":
    torch.manual_seed(2)
    N_USERS, N_FILMS = 40, 25
    train, valid = random_split(to_dataset(load_ratings(N_USERS, N_FILMS, 400)), [320, 80])
    model = MatrixFactorization(N_USERS, N_FILMS)
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1)
    for epoch in range(3):
        for pairs, stars in DataLoader(train, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(pairs), stars)
            loss.backward()
            optimizer.step()
        print("valid rmse", rmse(model, DataLoader(valid, batch_size=80)))
    torch.save(model.state_dict(), "factors.pt")
