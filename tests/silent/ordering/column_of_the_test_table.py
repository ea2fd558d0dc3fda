# code: TW752
# numbers: -
# about: loaders in a dict; the shuffled predictions become a column of the test table
import pandas as pd, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
df_test = pd.DataFrame({"id": range(30)})
def loaders():
    mk = lambda n: TensorDataset(torch.randn(n, 4))
    out = {}
    out["train"] = DataLoader(TensorDataset(torch.randn(60, 4), torch.randint(0, 2, (60,))), batch_size=10, shuffle=True)
    out["test"] = DataLoader(mk(30), batch_size=10, shuffle=True)  # <- culprit
    # mended: out["test"] = DataLoader(mk(30), batch_size=10)
    return out
dl = loaders()
net = nn.Linear(4, 2)
opt = torch.optim.Adam(net.parameters())
for x, y in dl["train"]:
    opt.zero_grad(); nn.functional.cross_entropy(net(x), y).backward(); opt.step()
preds = []
net.eval()
with torch.no_grad():
    for batch in dl["test"]:
        preds.append(net(batch[0]).argmax(1))
preds = torch.cat(preds)
df_test["label"] = preds.numpy()
df_test.to_csv("out.csv")
