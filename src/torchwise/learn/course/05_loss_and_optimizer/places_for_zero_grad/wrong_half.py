# message: mistake.not_all_said
"""Where may zero_grad stand?"""

import torch
from torch import nn

BEGINNING, BETWEEN, END = "first", "between backward and step", "last"


def loss_after(place: str, num_steps: int = 200) -> float:
    """The loss of a small regression after training, zero_grad standing at one of the three places."""
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 64).unsqueeze(1)
    y = 3 * x + 0.1 * torch.randn(64, 1)
    model, criterion = nn.Linear(1, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(num_steps):
        if place == BEGINNING:
            optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        if place == BETWEEN:
            optimizer.zero_grad()
        optimizer.step()
        if place == END:
            optimizer.zero_grad()
    return criterion(model(x), y).item()


# Run the file, look at the three losses, and put True where the place is right and False where it isn't.
IS_RIGHT = {BEGINNING: True, BETWEEN: False, END: ...}


if __name__ == "__main__":
    for place in (BEGINNING, BETWEEN, END):
        print(f"{place:26} {loss_after(place):.4f}")
