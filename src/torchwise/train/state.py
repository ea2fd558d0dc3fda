"""All that a run changes, and so all that a checkpoint must keep."""

import random

import numpy as np
import torch
from torch import Tensor, nn

from torchwise.train.setup import Setup


class State:
    """Where a training stands: the epoch, the best weights so far, and the parts of the Setup that change.

    Making one moves the model to its device, wakes it from eval mode, and seeds the generators if the Setup has a seed.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.epoch = 0
        self.best_epoch = 0
        self.best_loss = float("inf")
        self.best_weights: dict[str, Tensor] = {}
        setup.model.to(setup.device)
        if isinstance(setup.loss, nn.Module):
            setup.loss.to(setup.device)  # its class weights, or what it learns
        if not setup.model.training:
            setup.model.train()  # where only some modules are in eval mode, they are frozen on purpose and stay so
        if setup.seed is not None:
            seed_all(setup.seed)

    def keep_if_best(self, loss: float) -> bool:
        """Count one more epoch; whether `loss` is the lowest so far, and then keep a copy of the weights.

        loss: of the valid data, or of the train data where there is no valid data.
        """
        self.epoch += 1
        if not loss < self.best_loss:  # NaN is never best
            return False
        self.best_loss, self.best_epoch = loss, self.epoch
        self.best_weights = {name: value.detach().clone() for name, value in self.setup.model.state_dict().items()}
        return True

    @property
    def epochs_since_best(self) -> int:
        """How many epochs have passed without a better valid loss."""
        return self.epoch - self.best_epoch

    def best(self) -> None:
        """Load the weights of the best epoch into the model."""
        if self.best_weights:
            self.setup.model.load_state_dict(self.best_weights)


def seed_all(seed: int) -> None:
    """Seed the generators of torch (all devices), numpy and `random`."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)
