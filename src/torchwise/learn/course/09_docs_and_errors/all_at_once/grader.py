"""All outputs, never more samples at a time than fit, and no graph kept."""

import weakref

import torch
from torch import nn

from torchwise.learn import grade


class Kept:
    """A tensor that a graph keeps for backward; it goes when the graph goes."""

    def __init__(self, tensor, call):
        self.tensor, self.call = tensor, call


class Watched(nn.Module):
    """A linear model that notes how many samples it gets, and the graphs of which calls are alive."""

    def __init__(self):
        super().__init__()
        self.linear, self.sizes, self.alive, self.kept = nn.Linear(12, 2), [], [0], weakref.WeakSet()
        self.modes = []

    def keep(self, tensor):
        kept = Kept(tensor, len(self.sizes))
        self.kept.add(kept)
        return kept

    def forward(self, images):
        self.alive.append(len({kept.call for kept in self.kept}))
        self.sizes.append(len(images))
        self.modes.append(self.training)
        with torch.autograd.graph.saved_tensors_hooks(self.keep, lambda kept: kept.tensor):
            return self.linear(images.flatten(1))


def graded(answer):
    for count in (150, 64):
        model, images = Watched(), torch.randn(count, 3, 2, 2)
        outputs = answer.predict_all(model, images)
        called = f"predict_all(model, {count} images)"
        with torch.no_grad():
            right = model.linear(images.flatten(1))
        largest = max(model.sizes)
        grade.require(largest <= 64, "too_many", called, actual=f"{largest} samples at a time", expected="64 at most")
        graphs = max(model.alive)  # one is alive until its output is overwritten
        grade.require(graphs < 2, "keeps_graphs", called, actual=f"{graphs} graphs are kept", expected="none")
        is_part = isinstance(outputs, torch.Tensor) and len(outputs) < count
        grade.require(not is_part, "some_only", called, actual=f"{len(outputs)} outputs", expected=f"{count} outputs")
        grade.equal(any(model.modes), False, "model.training while it predicts")
        grade.tensor(outputs.detach() if isinstance(outputs, torch.Tensor) else outputs, right, called)
