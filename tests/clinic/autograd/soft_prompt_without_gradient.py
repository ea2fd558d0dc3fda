# code: TW506
# numbers: -
# about: the prompt is made under no_grad in a helper and never asks for a gradient; with the model frozen the loss needs none
import torch
from torch import nn

N_PROMPT, DIM = 4, 16


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, DIM)
        self.enc = nn.TransformerEncoderLayer(DIM, 2, 32, batch_first=True, dropout=0.0)
        self.out = nn.Linear(DIM, 50)

    def forward(self, h):
        return self.out(self.enc(h))


def start_prompt(model):
    with torch.no_grad():
        ids = torch.randint(0, 50, (N_PROMPT,))
        return model.emb(ids).clone()  # <- culprit
        # mended: return model.emb(ids).clone().requires_grad_()


class PromptTuner:
    def __init__(self, model, lr=0.1):
        self.model = model
        for p in model.parameters():
            p.requires_grad = False
        self.prompt = start_prompt(model)  # <- or here
        self.opt = torch.optim.SGD([self.prompt], lr=lr)

    def step(self, ids):
        h = self.model.emb(ids)
        prompt = self.prompt.expand(len(ids), -1, -1)
        logits = self.model(torch.cat([prompt, h], 1))[:, N_PROMPT:]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


torch.manual_seed(0)
tuner = PromptTuner(Frozen())
for _ in range(2):
    print(tuner.step(torch.randint(0, 50, (3, 7))))
