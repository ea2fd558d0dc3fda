"""The networks for tables."""

import math

import pyarrow as pa
import pytest
import torch
from torch import nn

import torchwise as tw
from torchwise.errors import Problem
from torchwise.train.choices import make_activation, make_optimizer
from torchwise.train.networks import MLP, PeriodicEmbedding

SETTINGS = {"hidden": (8,), "activation": "ReLU", "dropout": 0.0}


def test_a_periodic_embedding_is_its_formula_number_by_number():
    embedding = PeriodicEmbedding(2)
    numbers = torch.tensor([[0.5, -1.0], [2.0, 0.0], [0.0, 3.0]])
    found = embedding(numbers).view(3, 2, 4)
    for row in range(3):
        for number in range(2):
            x = numbers[row, number]
            waves = torch.cos(2 * math.pi * embedding.frequency[number] * x + embedding.phase[number])
            expected = torch.cat([x[None], waves @ embedding.weight[number] + embedding.bias[number]])
            torch.testing.assert_close(found[row, number], expected)


def test_an_mlp_embeds_only_its_first_inputs():
    network = MLP(5, 1, num_numbers=2, **SETTINGS)
    inputs = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    expected = network.layers(torch.cat([network.embedding(inputs[:, :2]), inputs[:, 2:]], dim=1))
    assert torch.equal(network(inputs), expected)
    assert network.layers[0].in_features == 2 * 4 + 3


def test_without_an_embedding_the_mlp_is_the_tutorials():
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))
    torch.manual_seed(0)
    network = MLP(5, 1, **SETTINGS)
    inputs = torch.randn(4, 5)
    assert torch.equal(network(inputs), plain(inputs))
    assert [name.removeprefix("layers.") for name in network.state_dict()] == list(plain.state_dict())


def test_numbers_are_embedded_where_there_are_rows_enough_and_as_asked():
    table = {"x": [row * 0.1 for row in range(100)], "y": [row * 0.2 + row % 3 for row in range(100)]}
    few, enough = (pa.table(table).slice(0, rows) for rows in (30, 100))
    settings = {"target": "y", "test_fraction": 0.0}
    assert tw.prepare(few, **settings).model.network.embedding is None  # 24 train rows for a number
    assert tw.prepare(enough, **settings).model.network.embedding is not None
    assert tw.prepare(enough, periodic=False, **settings).model.network.embedding is None
    assert tw.prepare(few, periodic=True, **settings).model.network.embedding is not None


@pytest.mark.parametrize("name", ["GLU", "MultiheadAttention", "Threshold", "relu"])
def test_what_cannot_stand_between_two_layers_is_no_activation(name):
    with pytest.raises(Problem, match="activation"):
        make_activation(name)


def test_an_optimizer_that_does_not_take_the_model_is_a_problem():
    with pytest.raises(Problem, match="Muon does not take this model"):
        make_optimizer("Muon", nn.Linear(2, 1).parameters(), lr=0.1)
