"""What was saved comes back into another model, by plain tensors."""

import tempfile
from pathlib import Path

import torch
from torch import nn

from torchwise.learn import grade


def build():
    """A model with parameters, buffers and a mode."""
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def graded(answer):
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.pt")
        model = build()
        model(torch.randn(8, 2))  # the batch norm has seen something
        answer.save(model, path)
        grade.require(Path(path).exists(), "nothing_written", "save(model, path)")
        try:
            kept = torch.load(path, weights_only=True)
        except Exception as error:  # whatever torch raises for a pickled module
            kept = error
        grade.require(not isinstance(kept, Exception), "whole_model", "save(model, path)", actual=type(kept).__name__, expected="a state dict")
        grade.require(isinstance(kept, dict) and "0.weight" in kept, "no_state_dict", "save(model, path)", actual=type(kept).__name__)
        other = build().train()
        loaded = answer.load(other, path)
        called = "load(model, path)"
        grade.require(isinstance(loaded, nn.Module), "not_the_model", called, actual=repr(loaded), expected="the model")
        grade.tensor(loaded[0].weight.detach(), model[0].weight.detach(), f"{called}[0].weight")
        grade.tensor(loaded[1].running_mean, model[1].running_mean, f"{called}[1].running_mean")
        grade.require(not loaded.training, "not_in_eval_mode", called, actual="training is True", expected="False")
