"""Losses, optimizers, schedules and activations by their torch names."""

import inspect
import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.optim import lr_scheduler

from torchwise.data.names import close_name
from torchwise.errors import Problem
from torchwise.texts import tr

# A loss on a standardised target, times std ** power, is the loss in the target's own unit.
LOSS_POWERS = {"MSELoss": 2, "HuberLoss": 2, "L1Loss": 1, "SmoothL1Loss": 1}
REGRESSION_LOSSES = tuple(LOSS_POWERS)
CLASS_LOSSES = ("CrossEntropyLoss", "BCEWithLogitsLoss", "MultiMarginLoss")
FUSED = ("Adam", "AdamW", "SGD")  # one kernel a step, on the CPU and on every GPU
SCHEDULES = ("CosineAnnealingLR", "ExponentialLR", "OneCycleLR", "ReduceLROnPlateau", "StepLR")


def make_loss(name: str | None, task: str, class_weights: Tensor | None = None) -> nn.Module:
    """The loss of that torch name, or the tutorial's for the task: MSELoss, CrossEntropyLoss.

    class_weights: (classes,), float, what an error on each class costs.
    Raises Problem for a name that is unknown or does not fit the task.
    """
    fitting = REGRESSION_LOSSES if task == "regression" else CLASS_LOSSES
    name = name or fitting[0]
    if name == "BCEWithLogitsLoss" and task == "multi-class":
        fitting = tuple(loss for loss in CLASS_LOSSES if loss != name)
    _known(name, fitting, tr("a loss for {task}", task=task))
    if name == "BCEWithLogitsLoss":
        return OneLogitLoss(class_weights)
    if class_weights is not None:
        return (
            nn.CrossEntropyLoss(class_weights)
            if name == "CrossEntropyLoss"
            else nn.MultiMarginLoss(weight=class_weights)
        )
    made: nn.Module = getattr(nn, name)()
    return made


class OneLogitLoss(nn.BCEWithLogitsLoss):
    """BCEWithLogitsLoss for one logit a row and targets that are class indices (int64): it takes floats."""

    def __init__(self, class_weights: Tensor | None = None) -> None:
        super().__init__(pos_weight=None if class_weights is None else class_weights[1] / class_weights[0])

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """outputs: (batch,) float logits. targets: (batch,) int64, 0 or 1. Returns the mean, ()."""
        return super().forward(outputs, targets.to(outputs.dtype))


def make_optimizer(name: str, parameters: Iterable[nn.Parameter], **settings: Any) -> optim.Optimizer:
    """The optimizer of that torch name. Settings that are None were not given and keep torch's default.

    Raises Problem for an unknown name, or a setting the optimizer does not have.
    """
    names = [
        found for found, value in vars(optim).items() if inspect.isclass(value) and issubclass(value, optim.Optimizer)
    ]
    names = sorted(set(names) - {"Optimizer", "SparseAdam"})
    _known(name, names, tr("an optimizer of torch.optim"))
    kind = getattr(optim, name)
    given = {setting: value for setting, value in settings.items() if value is not None}
    has = inspect.signature(kind).parameters
    missing = [setting for setting in given if setting not in has]
    if missing:
        raise Problem(
            tr("{name} has no {settings}", name=name, settings=" / ".join(missing)),
            why=tr("torch.optim.{name} takes {takes}", name=name, takes=" ".join(list(has)[1:])),
            fix=tr("leave out {flags}", flags=" ".join("--" + setting.replace("_", "-") for setting in missing)),
        )
    fused = {"fused": True} if name in FUSED else {}
    try:
        made: optim.Optimizer = kind(parameters, **given, **fused)
    except (ValueError, TypeError) as error:  # Muon takes matrices only, SparseAdam sparse gradients ...
        raise Problem(
            tr("{name} does not take this model with these settings", name=name),
            why=tr("PyTorch says: {words}", words=str(error).splitlines()[0]),
            fix=tr("choose another optimizer, such as AdamW or SGD"),
        ) from error
    return made


def make_schedule(name: str, optimizer: optim.Optimizer, *, lr: float, epochs: int, steps: int, patience: int) -> Any:
    """The learning-rate schedule of that torch name, fitted to the planned training; None for "none".

    epochs: planned; steps: optimizer steps an epoch; patience: epochs without a better valid loss before stopping.
    """
    if name == "none":
        return None
    _known(name, (*SCHEDULES, "none"), tr("a schedule"))
    settings: dict[str, Any] = {
        "CosineAnnealingLR": {"T_max": epochs},
        "ExponentialLR": {"gamma": 0.01 ** (1 / epochs)},  # a hundredth at the end
        "OneCycleLR": {"max_lr": lr, "total_steps": epochs * steps},
        "ReduceLROnPlateau": {
            "factor": 0.3,
            "patience": max(1, (patience or 20) // 3),
        },  # two cuts before stopping early
        "StepLR": {"step_size": max(1, epochs // 3), "gamma": 0.1},
    }
    return getattr(lr_scheduler, name)(optimizer, **settings[name])


def make_activation(name: str) -> nn.Module:
    """The activation of that torch name (ReLU, Sigmoid, ...)."""
    _known(name, _activations(), tr("an activation of torch.nn"))
    made: nn.Module = getattr(nn, name)()
    return made


@cache
def _activations() -> tuple[str, ...]:
    """The names of torch's activations that can stand between two layers."""
    return tuple(name for name in nn.modules.activation.__all__ if _keeps_shape(getattr(nn, name)))


def _keeps_shape(kind: type[nn.Module]) -> bool:
    """Whether the class can be made without arguments and gives back as many values as it takes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Softmax without a dim guesses one
            return tuple(kind().eval()(torch.zeros(2, 4)).shape) == (2, 4)  # in train mode RReLU draws
    except (TypeError, RuntimeError, ValueError):  # GLU halves the width, MultiheadAttention wants three inputs ...
        return False


def _known(name: str, names: Iterable[str], what: str) -> None:
    """Raise Problem, with what was perhaps meant, if the name is not among the names."""
    names = list(names)
    if name not in names:
        near = close_name(name, names)
        raise Problem(
            tr("{name} is not {what}", name=repr(name), what=what),
            why=tr("known: {names}", names=" ".join(names)),
            fix=tr("did you mean {name}?", name=near) if near else tr("choose one of these"),
        )
