# code: TW753
# numbers: -
# about: the best state is put into a history dict, uncopied
import torch
from torch import nn
def train(model, data, epochs=4):
    opt = torch.optim.Adam(model.parameters(), 0.01)
    history = {"loss": [], "best": None, "state": None}
    for epoch in range(epochs):
        for x, y in data:
            loss = nn.functional.mse_loss(model(x), y)
            opt.zero_grad(); loss.backward(); opt.step()
        history["loss"].append(loss.item())
        if history["best"] is None or loss.item() < history["best"]:
            history["best"] = loss.item()
            history["state"] = model.state_dict()  # <- culprit
            # mended: history["state"] = {k: v.clone() for k, v in model.state_dict().items()}
    return history
torch.manual_seed(0)
data = [(torch.randn(8, 2), torch.randn(8, 1)) for _ in range(4)]
net = nn.Linear(2, 1)
h = train(net, data)
net.load_state_dict(h["state"])
