"""Each of the three parts by itself."""

import copy

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    inputs, labels = torch.randn(40, 4), torch.randint(0, 3, (40,))
    model = answer.Classifier(4, 3).eval()
    logits = model(100 * inputs)
    grade.equal(getattr(logits, "requires_grad", None), True, "model(inputs).requires_grad")
    logits = logits.detach()
    sums = logits.sum(0), logits.sum(1)
    is_softmax = any(torch.allclose(total, torch.ones_like(total), atol=1e-3) for total in sums)
    grade.require(not is_softmax, "softmax", "model(inputs)", actual=logits[:2], expected="logits: numbers of any size and sign")
    check_step(answer, inputs, labels)
    check_accuracy(answer, inputs, labels)


def check_step(answer, inputs, labels):
    """Two steps change the parameters as two steps do whose gradients don't add up."""
    model = nn.Linear(4, 3)
    twin = copy.deepcopy(model)
    optimizer, other = (torch.optim.SGD(net.parameters(), lr=0.5) for net in (model, twin))
    for _ in range(2):
        answer.train_step(model, inputs, labels, optimizer)
        other.zero_grad()
        nn.functional.cross_entropy(twin(inputs), labels).backward()
        other.step()
    weight, right = model.weight.detach(), twin.weight.detach()
    shown = {"actual": weight, "expected": right}
    grade.require(torch.allclose(weight, right, atol=1e-5), "not_zeroed", "model.weight after two calls of train_step", **shown)


def check_accuracy(answer, inputs, labels):
    """A number without chance in it, and a model that goes on training."""
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.9)).eval()
    with torch.no_grad():
        right = (model(inputs).argmax(1) == labels).float().mean().item()
    values = []
    for _ in range(3):
        model.train()
        values.append(answer.accuracy(model, inputs, labels))
    called = "accuracy(model, inputs, labels)"
    shown = {"actual": ", ".join(f"{value:.3f}" for value in values), "expected": f"{right:.3f} each time"}
    grade.require(len(set(values)) == 1, "dropout_on", called, **shown)
    grade.number(values[0], right, called)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    answer.train_step(model, inputs, labels, optimizer)
    shown = {"actual": "model.training is False", "expected": "True"}
    grade.require(model.training, "left_in_eval", "accuracy, and then train_step", **shown)
