# code: TW226
# numbers: 2 3
# about: every triple has its own matrix, so the second operand has 3 dimensions; the subscripts ij name only 2
import torch
from torch import nn

torch.manual_seed(61)
N_ENTITIES, N_RELATIONS = 40, 6


class Rescal(nn.Module):
    """Scores (head, relation, tail) by head^T W_relation tail."""

    def __init__(self, entities, relations, entity_dim=16):
        super().__init__()
        self.entity = nn.Embedding(entities, entity_dim)
        self.relation = nn.Parameter(torch.empty(relations, entity_dim, entity_dim))
        self.bias = nn.Embedding(relations, 1)
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.normal_(self.entity.weight, std=0.1)
        nn.init.xavier_uniform_(self.relation)
        nn.init.zeros_(self.bias.weight)

    def forward(self, head, rel, tail):
        h, t = self.entity(head), self.entity(tail)
        w = self.relation[rel]
        score = torch.einsum("bi,ij,bj->b", h, w, t)  # <- culprit
        # mended: score = torch.einsum("bi,bij,bj->b", h, w, t)
        return score + self.bias(rel).squeeze(-1)

    def penalty(self):
        return self.entity.weight.pow(2).mean() + self.relation.pow(2).mean()


def corrupt(triples, k=3):
    head, rel, tail = triples.repeat(k, 1).unbind(1)
    wrong = torch.randint(0, N_ENTITIES, head.shape)
    flip = torch.rand(len(head)) < 0.5
    return torch.where(flip, wrong, head), rel, torch.where(flip, tail, wrong)


facts = torch.stack(
    [
        torch.randint(0, N_ENTITIES, (120,)),
        torch.randint(0, N_RELATIONS, (120,)),
        torch.randint(0, N_ENTITIES, (120,)),
    ],
    dim=1,
)
model = Rescal(N_ENTITIES, N_RELATIONS)
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
for epoch in range(3):
    total = 0.0
    for batch in facts[torch.randperm(len(facts))].split(30):
        good = model(*batch.unbind(1))
        bad = model(*corrupt(batch)).view(3, -1).mean(0)
        loss = nn.functional.margin_ranking_loss(good, bad, torch.ones_like(good), margin=1.0)
        loss = loss + 1e-3 * model.penalty()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch:2d}  loss {total:.3f}")
