"""The networks for tables: an MLP as in the tutorial, and the model that carries its preprocessing."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.data.encoder import Encoder
from torchwise.errors import Problem
from torchwise.texts import tr
from torchwise.train.choices import make_activation
from torchwise.train.metrics import from_logits
from torchwise.train.unit import Unit


class PeriodicEmbedding(nn.Module):
    """Each number beside a few learnt mixtures of cosines of it, so that the layer after it can follow a curve.

    **Source** PBLD in Holzmüller, Grinsztajn, Steinwart: Better by Default (NeurIPS 2024), after Gorishniy, Rubachev,
    Babenko: On Embeddings for Numerical Features in Tabular Deep Learning (NeurIPS 2022).
    """

    NUM_WAVES, NUM_MIXTURES, SIGMA = 16, 3, 0.1  # of that paper; SIGMA is the first frequencies' deviation

    def __init__(self, num_numbers: int) -> None:
        super().__init__()
        bound = self.NUM_WAVES**-0.5
        self.frequency = nn.Parameter(self.SIGMA * torch.randn(num_numbers, self.NUM_WAVES))
        self.phase = nn.Parameter(torch.empty(num_numbers, self.NUM_WAVES).uniform_(-math.pi, math.pi))
        self.weight = nn.Parameter(torch.empty(num_numbers, self.NUM_WAVES, self.NUM_MIXTURES).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(num_numbers, self.NUM_MIXTURES).uniform_(-bound, bound))
        self.num_outputs = num_numbers * (1 + self.NUM_MIXTURES)

    def forward(self, numbers: Tensor) -> Tensor:
        """numbers: (batch, numbers), standardised. Returns (batch, num_outputs)."""
        waves = torch.cos(2 * math.pi * self.frequency * numbers.unsqueeze(2) + self.phase)
        mixtures = torch.einsum("bnw,nwm->bnm", waves, self.weight) + self.bias
        return torch.cat([numbers.unsqueeze(2), mixtures], dim=2).flatten(1)


class MLP(nn.Module):
    """Linear layers with an activation between them; in front, where asked for, an embedding of the numbers.

    num_numbers: how many of the inputs, the first ones, are numbers to be embedded; 0 for no embedding.
    inputs: (batch, num_inputs), float32. Returns (batch, num_outputs), float32.
    """

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        *,
        hidden: Sequence[int],
        activation: str,
        dropout: float,
        num_numbers: int = 0,
    ) -> None:
        super().__init__()
        self.num_numbers = num_numbers
        self.embedding = PeriodicEmbedding(num_numbers) if num_numbers else None
        if self.embedding is not None:
            num_inputs += self.embedding.num_outputs - num_numbers
        widths = [num_inputs, *hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), make_activation(activation)]
            if dropout:
                layers.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], num_outputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs: (batch, num_inputs), float32. Returns (batch, num_outputs)."""
        if self.embedding is not None:
            numbers, others = inputs[:, : self.num_numbers], inputs[:, self.num_numbers :]
            inputs = torch.cat([self.embedding(numbers), others], dim=1)
        outputs: Tensor = self.layers(inputs)
        return outputs


class TableModel(nn.Module):
    """A network with its preprocessing in front and the target's scale behind: it takes raw columns.

    Its outputs are what the loss takes: standardised values (batch,), logits (batch, classes), or one logit (batch,).
    """

    target_mean: Tensor
    target_std: Tensor

    def __init__(self, encoder: Encoder, network: nn.Module, *, task: str, unit: Unit) -> None:
        super().__init__()
        self.encoder, self.network, self.task = encoder, network, task
        self.register_buffer("target_mean", torch.tensor(unit.mean, dtype=torch.float64))
        self.register_buffer("target_std", torch.tensor(unit.std, dtype=torch.float64))

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs: (batch, columns), float32, missing = NaN, categories as codes. Returns what the loss takes."""
        outputs: Tensor = self.network(self.encoder(inputs))
        return outputs.squeeze(1) if outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    def answers(self, outputs: Tensor) -> Tensor:
        """Outputs as a person reads them.

        outputs: what `forward` gave. Returns float64: (rows,) in the target's unit, or (rows, classes) probabilities.
        """
        if self.task == "regression":
            return outputs.double() * self.target_std.to(outputs.device) + self.target_mean.to(outputs.device)
        return from_logits(outputs)


def build_network(model: Callable[[int, int], Any], num_inputs: int, num_outputs: int) -> nn.Module:
    """The user's own network, called with the numbers of inputs and outputs, and tried on two rows of zeros.

    Raises Problem if it cannot be built so, or gives another shape than (rows, num_outputs).
    """
    if isinstance(model, nn.Module):
        network = model
    else:
        try:
            network = model(num_inputs, num_outputs)
        except TypeError as error:
            raise Problem(
                tr(
                    "the own model cannot be called with {inputs} inputs and {outputs} outputs",
                    inputs=num_inputs,
                    outputs=num_outputs,
                ),
                why=str(error),
                fix=tr("class MyModel(nn.Module): def __init__(self, num_inputs, num_outputs)"),
            ) from error
    if not isinstance(network, nn.Module):
        raise Problem(
            tr("the own model gives a value of type {kind}, not an nn.Module", kind=type(network).__name__),
            fix=tr("class MyModel(nn.Module): def __init__(self, num_inputs, num_outputs)"),
        )
    return network


def check_outputs(network: nn.Module, num_inputs: int, num_outputs: int) -> None:
    """Try a network on two rows of zeros, in eval mode and without a trace in its state.

    Raises Problem if its output is not (2, num_outputs), or (2,) for one output.
    """
    mode = network.training
    network.eval()
    with torch.no_grad():
        outputs = network(torch.zeros(2, num_inputs))
    network.train(mode)
    fitting = [(2, num_outputs)] + ([(2,)] if num_outputs == 1 else [])
    if not isinstance(outputs, Tensor) or tuple(outputs.shape) not in fitting:
        shape = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
        raise Problem(
            tr("the own model turns (2, {inputs}) into {shape}", inputs=num_inputs, shape=shape),
            why=tr("for two rows of this table it must give (2, {outputs})", outputs=num_outputs),
            fix=tr("make its last layer nn.Linear(..., num_outputs)"),
        )
